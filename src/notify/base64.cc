// SPDX-License-Identifier: Apache-2.0
#include "notify/base64.h"

#include <sodium.h>

namespace yagura::notify {

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const uint8_t*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the zero that ends it
  return text;
}

std::string base64_lines(std::string_view bytes) {
  constexpr size_t width = 76;
  const std::string text = base64(bytes);
  std::string lines;
  lines.reserve(text.size() + text.size() / width * 2 + 2);
  for (size_t i = 0; i < text.size(); i += width) {
    lines.append(text, i, width);
    lines += "\r\n";
  }
  return lines;
}

}  // namespace yagura::notify
