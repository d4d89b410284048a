// SPDX-License-Identifier: Apache-2.0
//
// A fake of the live stream: invented, deterministic traffic in the shapes that a telescope sees.
// Scanners sweep neighbouring dark addresses, infected devices knock on 23 and 2323, one source
// tries every port, victims answer to many addresses, amplifiers are looked for. Nothing of it was
// ever observed, and the destinations are made up.
//
// Time stands still until tick() moves it by a quarter of a second, so that a test decides when
// what happens.

const begin = Date.parse('2026-01-16T00:00:00Z');
const quarter = 250;
const mostSample = 64;
const keptSeconds = 600;

// Numerical Recipes' linear congruential generator: the same numbers everywhere, always.
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const iso = (time) => new Date(time).toISOString().replace('.000Z', 'Z');
const address = (number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
const round = (place) => Math.floor((place - Math.floor(place)) * 4096) / 4096;

const homes = [['CN', 4134], ['BR', 28573], ['IN', 9829], ['VN', 45899], ['RU', 12389], ['TR', 9121],
  ['TW', 3462], ['KR', 4766], ['US', 14061], ['EG', 8452], ['ID', 7713], ['TH', 23969],
  ['UA', 6849], ['AR', 7303], ['IR', 58224], ['ZA', 37457], ['NL', 202425], ['MX', 8151]];

function host(random, home) {
  const [country, asn] = home ?? homes[Math.floor(random() ** 1.6 * homes.length)];
  // Outside of what is private, reserved, for documents or multicast.
  const above = Math.floor(random() * 200);
  const first = [127, 169, 172, 192, 198, 203].includes(11 + above) ? 11 : 11 + above;
  return { source: address(first * 2 ** 24 + Math.floor(random() * 2 ** 24)), country, asn };
}

// What sends: each has packets a second and makes a packet at a time.
function actors() {
  const random = generator(7);
  const bots = Array.from({ length: 400 }, () => host(random));
  const list = [{
    rate: 420,
    packet: (r) => ({ ...bots[Math.floor(r() * bots.length)], class: 'scan_tcp', protocol: 'tcp',
      port: r() < 0.9 ? 23 : 2323, destination: r(), tool: 'mirai' }),
  }];
  const sweep = (rate, port, turn, from, extra = {}) => {
    let at = random();
    list.push({ rate, packet: () => {
      at += 1 / turn / rate;
      return { ...from, class: 'scan_tcp', protocol: 'tcp', port, destination: at, tool: '', ...extra };
    } });
  };
  sweep(160, 22, 40, host(random, ['NL', 202425]), { tool: 'zmap' });
  sweep(120, 3389, 25, host(random, ['RU', 12389]));
  sweep(90, 6379, 60, host(random, ['US', 14061]), { tool: 'masscan' });
  sweep(60, 5060, 30, host(random, ['FR', 16276]), { class: 'scan_udp', protocol: 'udp' });
  sweep(50, 0, 50, host(random, ['DE', 24940]), { class: 'scan_icmp', protocol: 'icmp' });
  sweep(40, 443, 90, { source: '2001:db8:5:7::23', country: 'SE', asn: 64500 });
  const vertical = host(random, ['BG', 34224]);
  let port = 0;
  list.push({ rate: 110, packet: () => {
    port = (port % 65_000) + 37;
    return { ...vertical, class: 'scan_tcp', protocol: 'tcp', port, destination: 0.31, tool: 'nmap' };
  } });
  // A /24 whose hosts scan one port in step.
  const block = 87 * 2 ** 24 + 121 * 2 ** 16;
  let step = 0;
  list.push({ rate: 130, packet: () => {
    step += 1;
    return { source: address(block + (step % 254) + 1), country: 'IR', asn: 58224, class: 'scan_tcp',
      protocol: 'tcp', port: 37215, destination: step / 9000, tool: '' };
  } });
  for (const [home, service, rate, name, protocol] of [
    [['US', 13335], 443, 150, 'backscatter_tcp', 'tcp'], [['CN', 37963], 80, 90, 'backscatter_tcp', 'tcp'],
    [['GB', 20940], 53, 45, 'backscatter_udp', 'udp'], [['JP', 2516], 0, 25, 'backscatter_icmp', 'icmp']]) {
    const victim = host(random, home);
    list.push({ rate, packet: (r) => ({ ...victim, class: name, protocol, port: service,
      destination: r(), tool: '' }) });
  }
  const seekers = Array.from({ length: 6 }, () => host(random));
  const amplifiers = [123, 1900, 11_211, 389];
  list.push({ rate: 70, packet: (r) => ({ ...seekers[Math.floor(r() * 6)],
    class: 'probe_amplification', protocol: 'udp', port: amplifiers[Math.floor(r() * 4)],
    destination: r(), tool: '' }) });
  list.push({ rate: 20, packet: (r) => ({ ...host(r), country: '', asn: 0, class: 'other_tcp',
    protocol: 'tcp', port: 1 + Math.floor(r() * 65_000), destination: r(), tool: '' }) });
  return list;
}

export class FakeTelescope {
  constructor(answers, { replay = false, factor = 1, idle = false } = {}) {
    Object.assign(this, { answers, replay, factor, sampleSize: mostSample, connections: new Set() });
    this.random = generator(1);
    this.actors = actors();
    this.time = begin - keptSeconds * 1000;
    this.ticks = 0;
    this.seconds = [];
    this.drops = { kernel_drops: 0, queue_drops: 0, late: 0 };
    this.sums = { kernel_drops: 0, queue_drops: 0, late: 0, packets: 0 };
    this.happened = 0;
    this.newSecond();
    // Of the past only the counts are shown: a few samples are enough for them.
    this.sampleSize = 6;
    for (let i = 0; i < keptSeconds * 4 && !idle; ++i) this.tick();
    this.sampleSize = mostSample;
  }

  newSecond() {
    this.second = { packets: 0, hosts: 0, classes: {} };
  }

  now() {
    return { seconds: this.seconds, feeds: this.feeds(), replay: this.replay };
  }

  feeds() {
    const common = { sensor: 'default', detail: '', frames: this.sums.packets * 2,
      dark_packets: this.sums.packets, kernel_drops: this.sums.kernel_drops,
      queue_drops: this.sums.queue_drops, late: this.sums.late, last_packet: iso(this.time),
      files_done: 0, files_waiting: 0, files_set_aside: 0 };
    if (this.replay)
      return [{ ...common, kind: 'replay', name: 'four.pcap', state: 'running', files_done: 1 }];
    return [
      { ...common, kind: 'interface', name: 'eth1', state: 'running' },
      { ...common, sensor: 'branch', kind: 'spool', name: '/var/spool/yagura', state: 'waiting',
        detail: '', frames: 91_204, dark_packets: 90_871, kernel_drops: 0, queue_drops: 0, late: 0,
        files_done: 12, files_waiting: 1, files_set_aside: 1 },
      { ...common, sensor: 'old', kind: 'interface', name: 'eth7', state: 'failed',
        detail: 'eth7: the interface went down; trying again every 10 s', frames: 0, dark_packets: 0,
        kernel_drops: 0, queue_drops: 0, late: 0, last_packet: null },
    ];
  }

  // A sample of a quarter: packets of actors, chosen by their rates.
  sample(rates, all) {
    return Array.from({ length: Math.min(this.sampleSize, all) }, () => {
      let at = this.random() * all;
      const chosen = this.actors.find((_, i) => (at -= rates[i]) < 0) ?? this.actors[0];
      const packet = chosen.packet(this.random);
      return { sensor: 'default', ...packet, destination: round(packet.destination) };
    });
  }

  tick() {
    this.time += quarter;
    this.ticks += 1;
    // The whole breathes, and once in four minutes a wave of backscatter comes.
    const breath = 1 + 0.15 * Math.sin(this.ticks / 90) + 0.06 * (this.random() - 0.5);
    const wave = this.ticks % 960 < 200 ? 1 : 0.15;
    const rates = this.actors.map((actor, i) =>
      Math.round((actor.rate / 4) * breath * this.factor * (i >= 9 && i <= 12 ? wave : 1)));
    const all = rates.reduce((sum, rate) => sum + rate, 0);
    const sample = this.sample(rates, all);
    for (const { class: name } of sample)
      this.second.classes[name] = (this.second.classes[name] ?? 0) + 1;
    this.second.packets += all;
    this.second.hosts += Math.round(all * 0.4);
    this.sums.packets += all;
    this.send('packets', { time: iso(this.time), packets: all, sample });
    if (this.ticks % 4 === 0) this.endSecond();
    if (this.ticks % 20 === 0) this.send('feeds', { feeds: this.feeds() });
  }

  endSecond() {
    const { packets, hosts, classes } = this.second;
    // The sample's classes stand for all packets; what rounding loses goes to the largest.
    const sampled = Object.values(classes).reduce((sum, n) => sum + n, 0);
    for (const name of Object.keys(classes))
      classes[name] = Math.floor((classes[name] / sampled) * packets);
    const [largest] = Object.keys(classes).sort((a, b) => classes[b] - classes[a]);
    classes[largest] += packets - Object.values(classes).reduce((sum, n) => sum + n, 0);
    const second = { time: iso(this.time), packets, hosts, classes, ...this.drops };
    for (const key of Object.keys(this.drops)) this.sums[key] += this.drops[key];
    this.drops = { kernel_drops: 0, queue_drops: 0, late: 0 };
    this.seconds.push(second);
    if (this.seconds.length > keptSeconds) this.seconds.shift();
    this.send('second', second);
    this.newSecond();
  }

  drop(counts) {
    Object.assign(this.drops, counts);
  }

  // Something to report: scan events, attacks, a rising port and its alarm, one after another.
  happen() {
    const n = this.happened++;
    const at = { start: iso(this.time - 90_000), end: iso(this.time) };
    const { events, attacks, report } = this.answers;
    if (n % 4 === 0)
      this.send('scan-event', { rows: [{ ...events[n % events.length], ...at, id: `live-${n}` }] });
    else if (n % 4 === 1)
      this.send('attack', { rows: [{ ...attacks[n % attacks.length], ...at, id: `live-${n}`,
        state: 'ongoing' }] });
    else if (n % 4 === 2)
      this.send('rising-port', { rows: [{ ...report.rising_ports[0], hour: iso(this.time) }] });
    else
      this.send('alarm', { rows: [{ kind: 'rising_port', time: iso(this.time), sensor: 'default',
        protocol: 'tcp', port: 37_215, packets: 14_202, hosts: 254, expected_packets: 310.4,
        expected_hosts: 17.2, packets_score: 21.7, hosts_score: 18.1 }] });
  }

  send(event, data) {
    for (const response of this.connections) this.sendTo(response, event, data);
  }

  sendTo(response, event, data) {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  connect(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': a fake\n\n');
    this.connections.add(response);
    // While a test lets time stand still, the stream must not fall silent.
    const beat = setInterval(
      () => this.sendTo(response, 'feeds', { feeds: this.feeds() }), 1000);
    response.on('close', () => {
      clearInterval(beat);
      this.connections.delete(response);
    });
  }

  // Breaks every connection, as a restart of the server would.
  breakOff() {
    for (const response of this.connections) response.destroy();
  }

  // Runs by the clock until stopped: for people to look at.
  run() {
    const timer = setInterval(() => {
      this.tick();
      if (this.ticks % 28 === 0) this.happen();
    }, quarter);
    return () => clearInterval(timer);
  }
}
