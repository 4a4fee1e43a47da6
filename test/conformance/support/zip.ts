import { crc32, deflateRawSync } from "node:zlib";

/** An entry of an archive; a link's content is its target. */
export interface ZipEntry {
  readonly name: string;
  readonly content: string;
  readonly link?: boolean;
}

const UNIX = 3 << 8;
const [FILE, LINK] = [0o100644, 0o120777];

/** A ZIP archive, also one that no honest program would make. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, link } of entries) {
    const [file, bytes] = [Buffer.from(name), Buffer.from(content)];
    const data = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(8, 4); // deflate
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(file.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((link === true ? LINK : FILE) << 16) >>> 0, 6); // external attributes
    rest.writeUInt32LE(offset, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(UNIX + 20, 0);
    central.push(Buffer.concat([Buffer.from("PK\u0001\u0002"), madeBy, common, rest, file]));
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, file, data]);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\u0005\u0006"), end]);
}
