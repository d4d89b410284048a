// SPDX-License-Identifier: Apache-2.0
#include "learn/committee.h"

#include <utility>

#include "base/bytes.h"
#include "base/random.h"
#include "learn/model_text.h"

namespace yagura::learn {
namespace {

constexpr std::string_view kind = "committee";
constexpr uint32_t version = 1;

}  // namespace

Result<Committee> Committee::fit(const SparseRows& rows, std::span<const uint8_t> labels,
                                 const NetworkOptions& options, size_t members) {
  CHECK(members >= 1 && members <= max_members);
  std::vector<Network> fitted;
  for (size_t i = 0; i < members; ++i) {
    NetworkOptions own = options;
    own.seed = derive(options.seed, i);
    TRY(Network network, Network::fit(rows, labels, own));
    fitted.push_back(std::move(network));
  }
  return Committee(std::move(fitted));
}

std::vector<float> Committee::predict(const SparseRows& rows) const {
  std::vector<float> means(rows.rows());
  for (const Network& member : members_) {
    const std::vector<float> predicted = member.predict(rows);
    for (size_t i = 0; i < means.size(); ++i) means[i] += predicted[i];
  }
  for (float& mean : means) mean /= static_cast<float>(members_.size());
  return means;
}

std::vector<float> Committee::effects(std::span<const SparseEntry> row) const {
  std::vector<float> means(row.size());
  for (const Network& member : members_) {
    const std::vector<float> effects = member.effects(row);
    for (size_t i = 0; i < means.size(); ++i) means[i] += effects[i];
  }
  for (float& mean : means) mean /= static_cast<float>(members_.size());
  return means;
}

std::string Committee::save() const {
  ByteWriter out;
  out.put(static_cast<uint32_t>(members_.size()));
  for (const Network& member : members_) out.put_text(member.save());
  return seal_model(kind, version, out.bytes());
}

Result<Committee> Committee::load(std::string_view model) {
  TRY(const std::string_view bytes, unseal_model(model, kind, version));
  ByteReader in(bytes);
  const auto count = in.get<uint32_t>();
  if (!in.ok() || count == 0 || count > max_members)
    return failure("the model is damaged: it is no committee");
  std::vector<Network> members;
  for (uint32_t i = 0; i < count; ++i) {
    TRY(Network member, Network::load(in.get_text()));
    if (!member.gives_probability() || (i > 0 && member.inputs() != members[0].inputs()))
      return failure("the model is damaged: its networks do not fit together");
    members.push_back(std::move(member));
  }
  if (!in.ok() || in.remaining() > 0) return failure("the model is damaged: it is no committee");
  return Committee(std::move(members));
}

}  // namespace yagura::learn
