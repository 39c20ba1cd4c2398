import { BuiltInSubscriber, builtInUrls } from '../../src/broker/built-in-subscriber';

describe('BuiltInSubscriber', () => {
  it('starts on', () => {
    expect(new BuiltInSubscriber().accepting).toBe(true);
  });

  it('goes off and on again', () => {
    const builtIn = new BuiltInSubscriber();
    expect(builtIn.toggle()).toBe(false);
    expect(builtIn.accepting).toBe(false);
    expect(builtIn.toggle()).toBe(true);
    expect(builtIn.accepting).toBe(true);
  });

  it('has no URL before the server listens', () => {
    const builtIn = new BuiltInSubscriber();
    expect(builtIn.urls).toEqual([]);
    builtIn.setUrls(['http://localhost:1/event']);
    expect(builtIn.urls).toEqual(['http://localhost:1/event']);
  });
});

describe('builtInUrls', () => {
  it('names the local addresses, localhost first', () => {
    expect(builtInUrls(8000)).toEqual([
      'http://localhost:8000/event',
      'http://127.0.0.1:8000/event',
      'http://[::1]:8000/event',
    ]);
  });

  it('puts the public URL first', () => {
    expect(builtInUrls(8000, 'https://Hub.example.com/herald')).toEqual([
      'https://hub.example.com/herald/event',
      'http://localhost:8000/event',
      'http://127.0.0.1:8000/event',
      'http://[::1]:8000/event',
    ]);
  });

  it('names no URL twice', () => {
    expect(builtInUrls(8000, 'http://127.0.0.1:8000')).toEqual([
      'http://127.0.0.1:8000/event',
      'http://localhost:8000/event',
      'http://[::1]:8000/event',
    ]);
  });

  it('gives the normal form, in which subscribers are kept', () => {
    expect(builtInUrls(80)[0]).toBe('http://localhost/event');
  });
});
