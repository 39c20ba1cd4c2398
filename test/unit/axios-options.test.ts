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
    await newInstance().request({ url: 'http://127.0.0.1:1/hook' });
    expect(seen).toHaveLength(1);
  });

  it('passes data on untouched when it is no plain object', async () => {
    const data = new Opaque(Buffer.from('{"a": 1.0}'));
    await newInstance().request({ url: 'http://a/', data });
    expect(seen[0]?.data).toBe(data);
  });

  it('passes the URL, the method and the timeout on untouched', async () => {
    await newInstance().request({ url: 'http://a/b%20c?x=%2F#y', timeout: 1234 });
    expect(seen).toMatchObject([{ url: 'http://a/b%20c?x=%2F#y', method: 'post', timeout: 1234 }]);
  });

  it('has no limits, redirects, proxies or transforms of its own', async () => {
    await newInstance().request({ url: 'http://a/' });
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
    await newInstance().request({ url: 'http://a/' });
    axios.interceptors.request.eject(id);
    expect(spy).not.toHaveBeenCalled();
  });

  it('resolves with what the adapter answered, whatever the status', async () => {
    const response = await newInstance().request({ url: 'http://a/' });
    expect(response.status).toBe(503);
    expect(response.data).toBe(answer);
  });

  it('rejects with the very error of the adapter', async () => {
    const error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const failing = newInstance(() => Promise.reject(error));
    await expect(failing.request({ url: 'http://a/' })).rejects.toBe(error);
  });
});
