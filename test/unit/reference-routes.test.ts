import express from 'express';
import request from 'supertest';
import { makeReference } from '../../src/http/openapi/reference';
import { referenceRoutes } from '../../src/http/routes/reference';

jest.mock('../../src/http/openapi/reference', () => ({ makeReference: jest.fn() }));

describe('the description of the interface', () => {
  it('is made again when that failed, and once otherwise', async () => {
    const app = express();
    referenceRoutes(app);
    const make = jest.mocked(makeReference);
    make.mockImplementationOnce(() => {
      throw new Error('a file is not there at this moment');
    });
    make.mockReturnValue({ json: Buffer.from('{}'), page: Buffer.alloc(0), pageHeaders: () => undefined });
    const status = async () => (await request(app).get('/openapi.json')).status;
    expect([await status(), await status(), await status()]).toEqual([500, 200, 200]);
    expect(make).toHaveBeenCalledTimes(2);
  });
});
