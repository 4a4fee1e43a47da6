// What Discord says of its objects, with every field that a library reads.

/** The bot, its guild, and the guild's channel. */
export const [BOT, GUILD, CHANNEL] = ["900000000000000001", "234567890123456789", "900000000000000003"] as const;

/** The first second of 2015, from which Discord counts. */
const EPOCH = 1_420_070_400_000;

let made = 0n;

/** An id whose time is now. */
export function snowflake(): string {
  made += 1n;
  return String((BigInt(Date.now() - EPOCH) << 22n) + (made & 0xfffn));
}

/** The private channel of a person: an id of the same length. */
export function privateChannel(id: string): string {
  return String(BigInt(id) + 1n);
}

/** The bot as a user. */
export function bot(): object {
  return { ...person(BOT), username: "fake", bot: true, verified: true, mfa_enabled: false };
}

/** A person; whoever is asked for exists. */
export function person(id: string): object {
  return { id, username: `person${id}`, discriminator: "0", global_name: null, avatar: null };
}

/** The bot as an application, allowed to read messages and members. */
export function application() {
  return {
    id: BOT,
    name: "fake",
    description: "",
    bot: bot(),
    flags: (1 << 19) | (1 << 15),
    verify_key: "",
    icon: null,
    summary: "",
    bot_public: false,
    bot_require_code_grant: false,
    owner: person("1"),
    team: null,
  };
}

/** Whoever is in the guild. */
export function member(): object {
  return {
    roles: [],
    joined_at: "2026-01-01T00:00:00+00:00",
    deaf: false,
    mute: false,
    flags: 0,
    nick: null,
    avatar: null,
  };
}

/** The guild's channel, or a private one. */
export function channel(id: string): object {
  if (id === CHANNEL)
    return {
      id,
      type: 0,
      guild_id: GUILD,
      name: "general",
      position: 0,
      permission_overwrites: [],
      nsfw: false,
      topic: null,
      last_message_id: null,
      rate_limit_per_user: 0,
      parent_id: null,
      flags: 0,
    };
  return { id, type: 1, last_message_id: null, flags: 0, recipients: [person(String(BigInt(id) - 1n))] };
}

/** The guild, with all that a bot is told of it when it connects. */
export function guild() {
  const everyone = {
    id: GUILD,
    name: "@everyone",
    permissions: "2251799813685247",
    position: 0,
    color: 0,
    hoist: false,
    managed: false,
    mentionable: false,
    flags: 0,
  };
  return {
    id: GUILD,
    name: "guild",
    owner_id: "1",
    roles: [everyone],
    channels: [channel(CHANNEL)],
    members: [{ ...member(), user: bot() }],
    member_count: 2,
    emojis: [],
    stickers: [],
    features: [],
    threads: [],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    unavailable: false,
    large: false,
    joined_at: "2026-01-01T00:00:00+00:00",
    preferred_locale: "en-US",
    premium_tier: 0,
    nsfw_level: 0,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    system_channel_flags: 0,
    afk_timeout: 300,
    icon: null,
    splash: null,
    banner: null,
    description: null,
  };
}

/** A message in a channel, written now. */
export function message(id: string, author: object, content: string): object {
  return {
    id: snowflake(),
    channel_id: id,
    author,
    content,
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    pinned: false,
    type: 0,
    flags: 0,
    components: [],
  };
}
