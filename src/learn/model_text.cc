// SPDX-License-Identifier: Apache-2.0
#include "learn/model_text.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "base/bytes.h"

namespace yagura::learn {
namespace {

constexpr std::string_view magic = "yagura model\n";
constexpr size_t checksum_size = 16;

std::string checksum(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return {reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest};
}

}  // namespace

std::string seal_model(std::string_view kind, uint32_t version, std::string_view bytes) {
  ByteWriter out;
  out.put_bytes(magic.data(), magic.size());
  out.put_text(kind);
  out.put(version);
  out.put(static_cast<uint64_t>(bytes.size()));
  out.put_bytes(bytes.data(), bytes.size());
  return out.bytes() + checksum(out.bytes());
}

Result<std::string_view> unseal_model(std::string_view model, std::string_view kind,
                                      uint32_t version) {
  if (!model.starts_with(magic)) return failure("not a model of yagura");
  if (model.size() < magic.size() + checksum_size) return failure("the model is cut short");
  const std::string_view sealed = model.substr(0, model.size() - checksum_size);
  if (checksum(sealed) != model.substr(sealed.size()))
    return failure("the model is damaged: its checksum is another");
  ByteReader in(sealed);
  in.skip(magic.size());
  const std::string_view found_kind = in.get_text();
  const auto found_version = in.get<uint32_t>();
  const uint64_t size = in.get_count(1);
  if (!in.ok() || size != in.remaining()) return failure("the model is damaged: sizes do not fit");
  if (found_kind != kind)
    return failure(fmt::format("a model of the kind \"{}\", where one of the kind \"{}\" is needed",
                               found_kind, kind));
  if (found_version != version)
    return failure(fmt::format("the model has version {} and this program reads {}; fit it again",
                               found_version, version));
  return sealed.substr(in.position());
}

}  // namespace yagura::learn
