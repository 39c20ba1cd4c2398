import axios, { type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';

/** What the push client relies on in axios: that a bare instance hands its adapter exactly what it was given. */
describe('a bare axios instance', () => {
  const seen: InternalAxiosRequestConfig[] = [];
  const answer = { anything: 1 };

  const adapter: AxiosAdapter = (config) => {
    seen.push(config);
    return Promise.resolve({ data: answer, status: 503, statusText: '', headers: {}, config });
  };
  const newInstance = (using = adapter) => new axios.Axios({ method: 'post', adapter: using });

  class Opaque {
    constructor(readonly value: Buffer) {}
  }

  beforeEach(() => {
    seen.length = 0;
  });

  it('calls its adapter and nothing else, once for each request', async () => {
    await newInstance().request({ data: [] });
    expect(seen).toHaveLength(1);
  });

  it('passes on what is in a list untouched when it is no plain object', async () => {
    const data = ['{"a": 1.0}', '{}'].map((text) => new Opaque(Buffer.from(text)));
    await newInstance().request({ data });
    const passedOn = seen[0]?.data as Opaque[];
    expect(passedOn).toHaveLength(2);
    data.forEach((one, at) => expect(passedOn[at]).toBe(one));
    expect(seen[0]?.method).toBe('post');
  });

  it('calls its adapter in the same task', () => {
    void newInstance().request({ data: [] });
    expect(seen).toHaveLength(1);
  });

  it('has no limits, redirects, proxies or transforms of its own', async () => {
    await newInstance().request({ data: [] });
    const others = [
      'maxRedirects',
      'proxy',
      'maxContentLength',
      'transformRequest',
      'transformResponse',
      'validateStatus',
    ];
    for (const option of others) expect(seen[0]).not.toHaveProperty(option);
  });

  it('has no interceptors, not even those of the default instance', async () => {
    const spy = jest.fn((config: InternalAxiosRequestConfig) => config);
    const id = axios.interceptors.request.use(spy);
    await newInstance().request({ data: [] });
    axios.interceptors.request.eject(id);
    expect(spy).not.toHaveBeenCalled();
  });

  it('resolves with what the adapter answered, whatever the status', async () => {
    const response = await newInstance().request({ data: [] });
    expect(response.status).toBe(503);
    expect(response.data).toBe(answer);
  });

  it('rejects with the very error of the adapter', async () => {
    const error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const failing = newInstance(() => Promise.reject(error));
    await expect(failing.request({ data: [] })).rejects.toBe(error);
  });
});
