import { InvalidArgumentError, Option } from 'commander';

import { parseOrigin } from '../collector/receiver/cors.ts';
import type { Compression } from '../collector/receiver/decompress.ts';
import { type DoorName, DOORS } from '../collector/receiver/doors.ts';
import type { ReceiverOptions } from '../collector/receiver/index.ts';

/** Where each door opens, in the order of the table; 0 is any free port, and a door without a port stays shut. */
export type DoorPorts = Readonly<Partial<Record<DoorName, number>>>;

/** What all doors are told. */
export type DoorSettings = Pick<ReceiverOptions, 'compressions' | 'cors'>;

/** What commander makes of the options of `doorOptions`, but for the ports. */
export interface DoorFlags {
  readonly corsOrigin?: readonly string[];
  readonly corsHeader?: readonly string[];
  readonly acceptEncoding?: readonly Compression[];
}

const OFF = 'off';
const DOOR_NAMES = Object.keys(DOORS) as DoorName[];

export function portOption(flags: string, description: string, port: number): Option {
  return new Option(flags, `${description}; 0 takes any free port`).default(port).argParser(portIn);
}

/** An option for every door, and those that all of them share. */
export function doorOptions(): Option[] {
  const ports = DOOR_NAMES.map((name) => {
    const { title, option, usualPort, isOpenByDefault } = DOORS[name];
    return new Option(`--${option} <port>`, isOpenByDefault ? title : `${title}, usually ${usualPort}`)
      .default(isOpenByDefault ? usualPort : OFF)
      .argParser((text) => (text === OFF ? OFF : portIn(text)))
      .helpGroup(`Ports for senders (0 takes any free one, ${OFF} opens none):`);
  });
  const others = [
    repeatable('--cors-origin <origin>', 'let web pages of this origin send; repeat for more', originIn),
    repeatable('--cors-header <name>', 'let them set this header too; repeat for more', headerIn),
    repeatable('--accept-encoding <name>', 'take bodies packed so, besides gzip; repeat for more', compressionIn),
  ];
  return [...ports, ...others.map((option) => option.helpGroup('What senders may do:'))];
}

/** What the options of `doorOptions` say about ports. */
export function doorPorts(options: Readonly<Record<string, unknown>>): DoorPorts {
  const ports: Partial<Record<DoorName, number>> = {};
  for (const name of DOOR_NAMES) {
    const port = options[new Option(`--${DOORS[name].option}`).attributeName()];
    if (typeof port === 'number') ports[name] = port;
  }
  return ports;
}

/** What they say about the rest. */
export function doorSettings(flags: DoorFlags): DoorSettings {
  const { corsOrigin = [], corsHeader = [], acceptEncoding = [] } = flags;
  return { cors: { origins: corsOrigin, headers: corsHeader }, compressions: ['gzip', ...acceptEncoding] };
}

export function wholeNumberIn(text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most || text.trim() === '') {
    throw new InvalidArgumentError(`give a whole number from ${least} to ${most}.`);
  }
  return value;
}

function portIn(text: string): number {
  return wholeNumberIn(text, 0, 65_535);
}

function repeatable(flags: string, description: string, parse: (text: string) => string): Option {
  return new Option(flags, description).argParser((text, known: readonly string[] | undefined) => [
    ...(known ?? []),
    parse(text),
  ]);
}

function originIn(text: string): string {
  try {
    return parseOrigin(text);
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function headerIn(text: string): string {
  if (/^[\w-]+$/.test(text)) return text;
  throw new InvalidArgumentError('give the name of a header, such as Authorization.');
}

function compressionIn(text: string): Compression {
  if (text === 'deflate' || text === 'zstd') return text;
  throw new InvalidArgumentError('give deflate or zstd.');
}
