import type uPlot from 'uplot';

declare global {
  interface Window {
    /** The library is no module: its script, which comes first, leaves it here. */
    readonly uPlot: typeof uPlot;
  }
}
