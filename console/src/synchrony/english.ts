// SPDX-License-Identifier: Apache-2.0
export const english = {
  about:
    'Ten minutes in which hosts scanned in step as never before, or all scans began to behave otherwise. Graphical lasso and ChangeFinder vote once the usual of a sensor is learned (three days, unless set otherwise), factorisation after thirty minutes.',
  empty: 'No alarm in this time range. What is usual is learned of each sensor first.',
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
