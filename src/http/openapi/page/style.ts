/** The page's only style: system fonts, the reader's light or dark, and nothing wider than the screen but what scrolls. */
export const STYLE = `
:root{color-scheme:light dark;--line:#8886;--soft:#8882;--accent:light-dark(#0b57a4,#8ec1ff)}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1,h2,h3,h4{line-height:1.25}
h2{margin-top:3rem;border-bottom:1px solid var(--line)}
h4{margin:1.25rem 0 .25rem}
a{color:var(--accent)}
code,pre{font:.875em/1.45 ui-monospace,monospace}
code{background:var(--soft);padding:.1em .25em;border-radius:3px}
pre{background:var(--soft);padding:.75rem;border-radius:6px;overflow-x:auto}
pre code{background:none;padding:0}
section{margin:2rem 0}
section section{border:1px solid var(--line);border-radius:8px;padding:0 1rem .5rem}
dl{margin:.25rem 0}
dt{margin-top:.5rem}
dd{margin:0 0 0 1rem}
dd p,dd ul{margin:.15rem 0}
ul{padding-left:1.25rem}
nav ul{list-style:none;padding:0;columns:20rem}
.method{display:inline-block;min-width:5.5em;font-weight:700;color:var(--accent)}
summary{cursor:pointer}
`;
