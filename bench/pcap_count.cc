// SPDX-License-Identifier: Apache-2.0
//
// The least that can be done with a capture: a loop that counts its packets with libpcap. What
// `yagura telescope read` costs is told as a multiple of this.
//
//   pcap_count CAPTURE
#include <pcap/pcap.h>

#include <cinttypes>
#include <cstdio>

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: pcap_count CAPTURE\n");
    return 2;
  }
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* capture = pcap_open_offline(arguments[1], error);
  if (capture == nullptr) {
    std::fprintf(stderr, "pcap_count: %s\n", error);
    return 1;
  }
  uint64_t packets = 0;
  pcap_pkthdr* header;
  const u_char* frame;
  int result;
  while ((result = pcap_next_ex(capture, &header, &frame)) == 1) ++packets;
  if (result != PCAP_ERROR_BREAK) {
    std::fprintf(stderr, "pcap_count: %s: %s\n", arguments[1], pcap_geterr(capture));
    return 1;
  }
  pcap_close(capture);
  std::printf("%" PRIu64 "\n", packets);
  return 0;
}
