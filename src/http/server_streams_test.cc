// SPDX-License-Identifier: Apache-2.0
//
// Event streams and TLS over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/temporary_folder_for_tests.h"
#include "http/server_for_tests.h"

namespace yagura::http {
namespace {

using ::testing::HasSubstr;

class StreamTest : public ServerTest {
 protected:
  // The client's stream is open: its subscription exists.
  void open(Client& client) {
    client.send(request_text("GET", "/events"));
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_EQ(client.read_until("\n\n"), ": open\n\n");
  }
};

TEST_F(StreamTest, SendsWhatIsPublishedToEveryReader) {
  start();
  Client first(port()), second(port());
  open(first);
  open(second);
  EXPECT_TRUE(metric("yagura_http_streams 2"));
  for (int i = 0; i < 3; ++i) {
    hub.publish("scan", std::to_string(i));
    for (Client* const client : {&first, &second})
      EXPECT_EQ(client->read_until("\n\n"), "event: scan\ndata: " + std::to_string(i) + "\n\n");
  }
  // A stream takes no worker.
  EXPECT_EQ(Client(port()).ask(request_text("GET", "/hello")).body, "hello");
}

TEST_F(StreamTest, BeatsWhileNothingIsPublished) {
  options.heartbeat = Duration::milliseconds(20);
  start();
  Client client(port());
  open(client);
  EXPECT_EQ(client.read_until("\n\n"), ": \n\n");
  EXPECT_EQ(client.read_until("\n\n"), ": \n\n");
  hub.publish("x", "1");
  EXPECT_THAT(client.read_until("data: 1\n\n"), HasSubstr("event: x\n"));
}

TEST_F(StreamTest, ASlowReaderLosesMessagesAndNobodyWaitsForIt) {
  start();
  Client slow(port(), 4096), quick(port());
  open(slow);
  open(quick);
  // Far more than the buffers of both systems hold.
  const std::string data(1'000'000, 'x');
  for (int i = 0; i < 40; ++i) {
    hub.publish("x", data);
    EXPECT_THAT(quick.read_until("\n\n"), HasSubstr("event: x\n"));
  }
  EXPECT_GT(hub.counts().dropped, 0u);
  hub.publish("last", "");
  std::string beginnings, message;
  do {
    message = slow.read_until("\n\n");
    beginnings += message.substr(0, 100);
  } while (!message.empty() && !message.starts_with("event: last"));
  EXPECT_THAT(beginnings, HasSubstr("event: dropped\ndata: {\"messages\":"));
  EXPECT_THAT(beginnings, HasSubstr("event: last"));
}

TEST_F(StreamTest, NoticesThatTheReaderIsGone) {
  start();
  {
    Client client(port());
    open(client);
    EXPECT_TRUE(hub.has_subscribers());
  }
  while (hub.has_subscribers()) std::this_thread::yield();
  while (!metric("yagura_http_streams 0")) std::this_thread::yield();
}

TEST_F(StreamTest, EndsWhenTheHubCloses) {
  start();
  Client client(port());
  open(client);
  hub.publish("x", "1");
  hub.close();
  EXPECT_EQ(client.read_to_end(), "event: x\ndata: 1\n\n");
  EXPECT_EQ(Client(port()).ask(request_text("GET", "/events")).status, 503);
}

TEST_F(StreamTest, EndsWhenTheServerStops) {
  start();
  Client client(port());
  open(client);
  server->stop();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_FALSE(hub.has_subscribers());
  hub.publish("x", "to nobody");
}

TEST_F(StreamTest, RefusesAsManyAsTheHubDoes) {
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    open(*clients.back());
  }
  EXPECT_EQ(Client(port()).ask(request_text("GET", "/events")).status, 503);
}

struct Free {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { ::X509_free(certificate); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class TlsTest : public ServerTest {
 protected:
  // Writes a key and a certificate for localhost, signed by itself, and sets the options.
  void make_certificate() {
    const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Free> certificate(::X509_new());
    ::X509_set_version(certificate.get(), 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate.get()), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), -3600);
    ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), 3600);
    ::X509_NAME* const name = ::X509_get_subject_name(certificate.get());
    const auto* const host = reinterpret_cast<const unsigned char*>("localhost");
    ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
    ::X509_set_issuer_name(certificate.get(), name);
    ::X509_set_pubkey(certificate.get(), key.get());
    ASSERT_NE(::X509_sign(certificate.get(), key.get(), ::EVP_sha256()), 0);
    options.certificate_file = folder_.path() / "certificate.pem";
    options.key_file = folder_.path() / "key.pem";
    const std::unique_ptr<std::FILE, Free> out(std::fopen(options.certificate_file.c_str(), "w"));
    ASSERT_EQ(::PEM_write_X509(out.get(), certificate.get()), 1);
    const std::unique_ptr<std::FILE, Free> secret(std::fopen(options.key_file.c_str(), "w"));
    ASSERT_EQ(
        ::PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  }

  TemporaryFolder folder_;
};

TEST_F(TlsTest, ServesOverTls) {
  make_certificate();
  start();
  EXPECT_EQ(server->url(), "https://127.0.0.1:" + std::to_string(port()));
  Client client(port());
  ASSERT_TRUE(client.start_tls());
  EXPECT_EQ(client.tls_version(), "TLSv1.3");
  EXPECT_EQ(client.ask(request_text("GET", "/hello")).body, "hello in secret");
  EXPECT_EQ(client.ask(request_text("GET", "/big")).body, std::string(3'000'000, 'x'));
  client.send(request_text("GET", "/hello", "Connection: close\r\n"));
  EXPECT_EQ(client.read_response().body, "hello in secret");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(TlsTest, StreamsOverTls) {
  make_certificate();
  start();
  Client client(port());
  ASSERT_TRUE(client.start_tls());
  client.send(request_text("GET", "/events"));
  EXPECT_THAT(client.read_until(": open\n\n"), HasSubstr("text/event-stream"));
  hub.publish("x", "1");
  EXPECT_EQ(client.read_until("\n\n"), "event: x\ndata: 1\n\n");
  server->stop();
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(TlsTest, RefusesOldVersionsAndPlainText) {
  make_certificate();
  start();
  Client modern(port());
  EXPECT_TRUE(modern.start_tls(TLS1_2_VERSION));
  EXPECT_EQ(modern.tls_version(), "TLSv1.2");
  Client old(port());
  EXPECT_FALSE(old.start_tls(TLS1_1_VERSION));
  Client plain(port());
  plain.send(request_text("GET", "/hello"));
  EXPECT_EQ(plain.read_to_end().find("hello"), std::string::npos);
  server->stop();
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"tls\"} 2"));
}

TEST_F(TlsTest, ClosesOnAHandshakeThatDoesNotEnd) {
  make_certificate();
  options.header_timeout = Duration::milliseconds(50);
  start();
  Client client(port());
  EXPECT_EQ(client.read_to_end(), "");
  server->stop();
  EXPECT_TRUE(metric("yagura_http_refused_total{reason=\"timeout\"} 1"));
}

TEST_F(TlsTest, SaysWhichFileIsNoGood) {
  make_certificate();
  const ServerOptions good = options;
  options.certificate_file = folder_.path() / "missing.pem";
  EXPECT_THAT(start_error(),
              HasSubstr("certificate " + options.certificate_file + ": No such file"));
  std::ofstream(folder_.path() / "junk.pem") << "junk\n";
  options.certificate_file = folder_.path() / "junk.pem";
  EXPECT_THAT(start_error(), HasSubstr("give a PEM file with the certificate"));
  options = good;
  options.key_file = folder_.path() / "junk.pem";
  EXPECT_THAT(start_error(), HasSubstr("key " + options.key_file));
  std::filesystem::copy_file(good.key_file, folder_.path() / "other.pem");
  make_certificate();  // another pair: other.pem belongs to the one before
  options.key_file = folder_.path() / "other.pem";
  EXPECT_THAT(start_error(), HasSubstr("that belongs to certificate"));
}

}  // namespace
}  // namespace yagura::http
