/** Made with an independent implementation of the Standard Webhooks specification. */
export const VECTOR_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const VECTOR_ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
export const VECTOR_TIMESTAMP = 1_614_265_330;

export const SIGNATURE_VECTORS: readonly (readonly [name: string, body: Buffer, signature: string])[] = [
  ['JSON', Buffer.from('{"test": 2432232314}'), 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ['nothing', Buffer.alloc(0), 'v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A='],
  ['bytes', Buffer.from([0xff, 0x00, 0xfe]), 'v1,Hpm+Yu5hvZmVRErTZ3JGp/RT64YviODP3R7ixUqkLnc='],
];
