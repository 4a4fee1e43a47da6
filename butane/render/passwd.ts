import { type Problems, refuseDuplicates, type Unique } from "./problems.ts";
import { type Context, readLocalText } from "./resource.ts";
import type { KernelArguments, Passwd } from "./schema.ts";

/** Ignition's `passwd`; `undefined` when it is empty. */
export function renderPasswd(passwd: Passwd | undefined, context: Context): object | undefined {
  const { problems } = context;
  const groups = (passwd?.groups ?? []).map((group, index) => ({
    gid: group.gid,
    name: requireName(group.name, `passwd.groups[${index}]`, problems),
    passwordHash: group.password_hash,
    shouldExist: group.should_exist,
    system: group.system,
  }));
  const users = (passwd?.users ?? []).map((user, index) => {
    const at = `passwd.users[${index}]`;
    const local = (user.ssh_authorized_keys_local ?? []).flatMap((file, key) =>
      readLocalText(file, `${at}.ssh_authorized_keys_local[${key}]`, context).split(/\r?\n/),
    );
    const keys = [...(user.ssh_authorized_keys ?? []), ...local.filter((line) => line !== "")];
    refuseDuplicates(listKeys(keys, `${at}.ssh_authorized_keys`), problems);
    refuseDuplicates(listKeys(user.groups ?? [], `${at}.groups`), problems);
    return {
      gecos: user.gecos,
      groups: filled(user.groups),
      homeDir: user.home_dir,
      name: requireName(user.name, at, problems),
      noCreateHome: user.no_create_home,
      noLogInit: user.no_log_init,
      noUserGroup: user.no_user_group,
      passwordHash: user.password_hash,
      primaryGroup: user.primary_group,
      sshAuthorizedKeys: filled(keys),
      shell: user.shell,
      shouldExist: user.should_exist,
      system: user.system,
      uid: user.uid,
    };
  });
  refuseDuplicates(namedKeys(groups, "passwd.groups"), problems);
  refuseDuplicates(namedKeys(users, "passwd.users"), problems);
  if (groups.length + users.length === 0) return undefined;
  return { groups: filled(groups), users: filled(users) };
}

/** Ignition's `kernelArguments`; `undefined` when it is empty. */
export function renderKernelArguments(
  kernelArguments: KernelArguments | undefined,
  problems: Problems,
): object | undefined {
  const shouldExist = kernelArguments?.should_exist ?? [];
  const shouldNotExist = kernelArguments?.should_not_exist ?? [];
  // One list for both: an argument cannot be wanted and unwanted.
  const keys = [
    ...listKeys(shouldExist, "kernel_arguments.should_exist"),
    ...listKeys(shouldNotExist, "kernel_arguments.should_not_exist"),
  ];
  refuseDuplicates(keys, problems);
  if (keys.length === 0) return undefined;
  return { shouldExist: filled(shouldExist), shouldNotExist: filled(shouldNotExist) };
}

/** A list, or nothing when it is empty: Ignition leaves empty lists out. */
export function filled<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items === undefined || items.length === 0 ? undefined : items;
}

/** The keys of a list of named things, for `refuseDuplicates`. */
export function namedKeys(items: readonly { readonly name: string }[], path: string): readonly Unique[] {
  return items.map(({ name }, index) => ({ at: `${path}[${index}].name`, key: name, isName: true }));
}

function listKeys(items: readonly string[], path: string): readonly Unique[] {
  return items.map((key, index) => ({ at: `${path}[${index}]`, key, isName: false }));
}

function requireName(name: string | undefined, path: string, problems: Problems): string {
  // Butane lets an empty name pass, and the machine then fails to boot.
  if (name === undefined || name === "") problems.add(`${path}.name`, "must be given, got nothing");
  return name ?? "";
}
