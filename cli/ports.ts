import { InvalidArgumentError, Option } from 'commander';

import { type DoorName, DOORS } from '../collector/receiver/doors.ts';

/** Where each door opens, in the order of the table; 0 is any free port, and a door without a port stays shut. */
export type DoorPorts = Readonly<Partial<Record<DoorName, number>>>;

const OFF = 'off';
const DOOR_NAMES = Object.keys(DOORS) as DoorName[];

export function portOption(flags: string, description: string, port: number): Option {
  return new Option(flags, `${description}; 0 takes any free port`).default(port).argParser(portIn);
}

/** An option for every door. */
export function doorOptions(): Option[] {
  return DOOR_NAMES.map((name) => {
    const { title, option, usualPort, isOpenByDefault } = DOORS[name];
    return new Option(`--${option} <port>`, isOpenByDefault ? title : `${title}, usually ${usualPort}`)
      .default(isOpenByDefault ? usualPort : OFF)
      .argParser((text) => (text === OFF ? OFF : portIn(text)))
      .helpGroup(`Ports for senders (0 takes any free one, ${OFF} opens none):`);
  });
}

/** What `doorOptions` made of the command line. */
export function doorPorts(options: Readonly<Record<string, unknown>>): DoorPorts {
  const ports: Partial<Record<DoorName, number>> = {};
  for (const name of DOOR_NAMES) {
    const port = options[new Option(`--${DOORS[name].option}`).attributeName()];
    if (typeof port === 'number') ports[name] = port;
  }
  return ports;
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
