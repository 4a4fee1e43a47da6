import { boolean, integer, list, mapping, type Read, text } from "./yaml.ts";

// The keys of `fcos` 1.5.0 that the renderer knows. What the rest needs of the machine (disks, LUKS, a boot menu) no host here has.

const owner = mapping({ id: integer, name: text });

const resource = mapping({
  inline: text,
  local: text,
  source: text,
  verification: mapping({ hash: text }),
});

const node = { path: text, overwrite: boolean, user: owner, group: owner };

const directory = mapping({ ...node, mode: integer });
const file = mapping({ ...node, mode: integer, contents: resource, append: list(resource, {}) });
const link = mapping({ ...node, hard: boolean, target: text });
const tree = mapping({ local: text, path: text });

const user = mapping({
  name: text,
  uid: integer,
  gecos: text,
  groups: list(text, ""),
  home_dir: text,
  no_create_home: boolean,
  no_log_init: boolean,
  no_user_group: boolean,
  password_hash: text,
  primary_group: text,
  shell: text,
  should_exist: boolean,
  ssh_authorized_keys: list(text, ""),
  ssh_authorized_keys_local: list(text, ""),
  system: boolean,
});

const group = mapping({ name: text, gid: integer, password_hash: text, should_exist: boolean, system: boolean });

const dropin = mapping({ name: text, contents: text, contents_local: text });

const unit = mapping({
  name: text,
  enabled: boolean,
  mask: boolean,
  contents: text,
  contents_local: text,
  dropins: list(dropin, {}),
});

const kernelArguments = mapping({ should_exist: list(text, ""), should_not_exist: list(text, "") });
const passwd = mapping({ users: list(user, {}), groups: list(group, {}) });
const storage = mapping({
  directories: list(directory, {}),
  files: list(file, {}),
  links: list(link, {}),
  trees: list(tree, {}),
});
const systemd = mapping({ units: list(unit, {}) });

/** Reads a whole document. */
export const butane = mapping({
  variant: text,
  version: text,
  kernel_arguments: kernelArguments,
  passwd,
  storage,
  systemd,
});

// What the parts of a document are once read; every key may be left out.

/** The section `kernel_arguments`. */
export type KernelArguments = Read<typeof kernelArguments>;
/** The section `passwd`. */
export type Passwd = Read<typeof passwd>;
/** The section `storage`. */
export type Storage = Read<typeof storage>;
/** The section `systemd`. */
export type Systemd = Read<typeof systemd>;
/** `user` or `group` of something in `storage`. */
export type Owner = Read<typeof owner>;
/** `contents` of a file, or an entry of its `append`. */
export type Resource = Read<typeof resource>;
/** An entry of `storage.directories`. */
export type Directory = Read<typeof directory>;
/** An entry of `storage.files`. */
export type File = Read<typeof file>;
/** An entry of `storage.links`. */
export type Link = Read<typeof link>;
/** An entry of `storage.trees`. */
export type Tree = Read<typeof tree>;
