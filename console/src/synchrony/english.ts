// SPDX-License-Identifier: Apache-2.0
export const english = {
  about:
    'Ten minutes in which more hosts scanned in step than before. Judged once three days of a sensor were seen.',
  empty: 'No alarm in this time range. The usual is learned from three days of a sensor.',
  penalty: 'Penalty',
  chart: (penalty: string) => `Density of dependences between hosts, penalty ${penalty}`,
  usual: 'no alarm',
  alarm: 'alarm',
  engine: 'Engine',
  engines: {
    all: 'all',
    'graphical-lasso': 'graphical lasso',
    'change-finder': 'ChangeFinder',
    factorisation: 'factorisation',
  },
  level: 'Level',
  levels: {
    all: 'all',
    attack: 'attack',
    survey: 'survey',
    next: 'next best',
    'single-target': 'single target',
  },
  window: 'Ten minutes from',
  votes: 'Votes',
  why: 'Why',
  lasso: (learned: string, density: string, hosts: string) =>
    `More hosts act in step than in the ${learned} windows before: density ${density} among ${hosts} hosts.`,
  change: (packets: string, hosts: string) =>
    `All TCP scans began to behave otherwise: change ${packets} in packets, ${hosts} in hosts.`,
  groups: (groups: string) => `Groups of hosts that rise and fall together over thirty minutes: ${groups}.`,
  more: (n: string) => `and ${n} more`,
};
