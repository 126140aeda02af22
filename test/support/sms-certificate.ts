/** A self-signed certificate for 127.0.0.1 and localhost, or other names, written as DER (X.509 v3, RFC 5280; Ed25519, RFC 8410). */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

export function selfSigned(names: readonly string[] = ['localhost']): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const algorithm = seq(der(0x06, [0x2b, 0x65, 0x70]));
  const name = seq(der(0x31, seq(der(0x06, [0x55, 0x04, 0x03]), der(0x0c, Buffer.from('localhost')))));
  const validity = seq(utcTime(Date.now() - 86_400_000), utcTime(Date.now() + 86_400_000));
  const altNames = seq(...names.map((n) => der(0x82, Buffer.from(n))), der(0x87, [127, 0, 0, 1]));
  const extensions = seq(
    seq(der(0x06, [0x55, 0x1d, 0x11]), der(0x04, altNames)),
    seq(der(0x06, [0x55, 0x1d, 0x13]), der(0x01, [0xff]), der(0x04, seq(der(0x01, [0xff])))),
  );
  const body = seq(
    der(0xa0, der(0x02, [2])),
    der(0x02, [0x01, ...randomBytes(8)]),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const certificate = seq(
    body,
    algorithm,
    der(0x03, Buffer.concat([Buffer.of(0), sign(null, body, privateKey)])),
  );
  const pem = certificate.toString('base64').replace(/.{1,64}/g, '$&\n');
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: `-----BEGIN CERTIFICATE-----\n${pem}-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, content: Buffer | readonly number[]): Buffer {
  const bytes = Buffer.from(content as Buffer);
  const length =
    bytes.length < 0x80
      ? [bytes.length]
      : bytes.length < 0x100
        ? [0x81, bytes.length]
        : [0x82, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
}

function seq(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function utcTime(at: number): Buffer {
  return der(
    0x17,
    Buffer.from(
      `${new Date(at)
        .toISOString()
        .replace(/[-:T]|\.\d+Z/g, '')
        .slice(2)}Z`,
    ),
  );
}
