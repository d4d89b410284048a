// SPDX-License-Identifier: Apache-2.0
export const english = {
  about:
    'Campaigns: hosts that scanned the same ports in step as never before, or a time in which all scans began to behave otherwise. Each is unfolded into its alarms, windows of ten minutes. Graphical lasso and ChangeFinder vote once the usual of a sensor is learned (three days, unless set otherwise), factorisation after thirty minutes.',
  empty: 'No campaign in this time range. What is usual is learned of each sensor first.',
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
  windows: 'Windows',
  windowsOf: (ports: string) => `Windows of the campaign on ${ports || 'no port'}`,
  unfold: (n: string, ports: string) =>
    `${n} ${n === '1' ? 'window' : 'windows'} of the campaign on ${ports || 'no port'}`,
  span: 'From – until',
  hosts: 'Hosts at most',
  end: 'end',
  endAbout: 'The campaign is over: what is alarmed here is that it was.',
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
