// SPDX-License-Identifier: Apache-2.0
//
// An Isolation Forest as bytes. Version 1:
//
//   trees, sample, dimensions  uint64 each, of the options; split uint8; seed uint64
//   columns, sample grown from uint64 each
//   nodes of each tree         uint64 a tree
//   per node                   threshold, length (double), column or hyperplane, left child counted
//                              from the node itself (uint32; 0: a leaf)
//   hyperplanes                uint64, then of each term weight and centre (double), column
//   (uint32)
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "learn/isolation_forest.h"
#include "learn/model_text.h"

namespace yagura::learn {
namespace {

constexpr std::string_view kind = "isolation forest";
constexpr uint32_t version = 1;
constexpr size_t node_bytes = 24, term_bytes = 20;

Result<void> damaged(std::string_view what) {
  return failure(fmt::format("the isolation forest is damaged: {}", what));
}

void put_options(ByteWriter& out, const ForestOptions& options) {
  out.put(uint64_t{options.trees});
  out.put(uint64_t{options.sample});
  out.put(uint64_t{options.dimensions});
  out.put(options.split);
  out.put(options.seed);
}

ForestOptions get_options(ByteReader& in) {
  ForestOptions options;
  options.trees = in.get<uint64_t>();
  options.sample = in.get<uint64_t>();
  options.dimensions = in.get<uint64_t>();
  options.split = in.get<ForestSplit>();
  options.seed = in.get<uint64_t>();
  return options;
}

// Children stand behind their parent and inside its tree: no walk leaves it, and each one ends.
Result<void> check_tree(const IsolationTrees& trees, IsolationTrees::Tree& tree, size_t end,
                        size_t splits, std::vector<uint32_t>& depths) {
  depths.assign(end - tree.root, 0);
  for (size_t at = tree.root; at < end; ++at) {
    const TreeNode& node = trees.nodes[at];
    const uint32_t depth = depths[at - tree.root];
    tree.depth = std::max(tree.depth, depth);
    if (!std::isfinite(trees.lengths[at]) || trees.lengths[at] < 0)
      return damaged("a path length is no length");
    if (node.left == at) {
      if (node.threshold != std::numeric_limits<double>::infinity() || node.what != 0)
        return damaged("a leaf splits");
      continue;
    }
    if (!std::isfinite(node.threshold) || node.what >= splits || node.left < at ||
        node.left + size_t{1} >= end)
      return damaged("a node points outside");
    for (const size_t child : {node.left + size_t{0}, node.left + size_t{1}})
      depths[child - tree.root] = std::max(depths[child - tree.root], depth + 1);
  }
  if (tree.depth > ForestOptions::most_depth) return damaged("a tree is too deep");
  return {};
}

Result<void> read_nodes(ByteReader& in, size_t trees, IsolationTrees& out) {
  std::vector<uint64_t> sizes;
  for (size_t i = 0; i < trees && in.ok(); ++i) sizes.push_back(in.get_count(node_bytes));
  for (const uint64_t size : sizes) {
    const size_t root = out.nodes.size();
    if (size == 0 || size > in.remaining() / node_bytes) return damaged("a tree is cut short");
    if (root + size > ForestOptions::most_nodes) return damaged("it has too many nodes");
    out.trees.push_back({static_cast<uint32_t>(root), 0});
    for (size_t at = root; at < root + size; ++at) {
      TreeNode node{};
      node.threshold = in.get<double>();
      out.lengths.push_back(in.get<double>());
      node.what = in.get<uint32_t>();
      const size_t left = at + in.get<uint32_t>();
      if (left >= root + size) return damaged("a node points outside");
      node.left = static_cast<uint32_t>(left);
      out.nodes.push_back(node);
    }
  }
  if (!in.ok()) return damaged("it is cut short");
  return {};
}

Result<void> read_terms(ByteReader& in, size_t columns, IsolationTrees& out) {
  const uint64_t planes = in.get_count(term_bytes * std::max<size_t>(out.dimensions, 1));
  if ((planes == 0) != (out.dimensions == 0)) return damaged("its hyperplanes do not fit");
  for (uint64_t i = 0; i < planes * out.dimensions; ++i) {
    HyperplaneTerm term{};
    term.weight = in.get<double>();
    term.centre = in.get<double>();
    term.column = in.get<uint32_t>();
    if (!std::isfinite(term.weight) || !std::isfinite(term.centre) || term.column >= columns)
      return damaged("a hyperplane lies outside");
    out.terms.push_back(term);
  }
  if (!in.ok() || in.remaining() != 0) return damaged("sizes do not fit");
  return {};
}

}  // namespace

std::string IsolationForest::save() const {
  ByteWriter out;
  put_options(out, options_);
  out.put(uint64_t{columns_});
  out.put(uint64_t{sample_});
  const auto& nodes = trees_.nodes;
  for (size_t i = 0; i < trees_.trees.size(); ++i) {
    const size_t end = i + 1 < trees_.trees.size() ? trees_.trees[i + 1].root : nodes.size();
    out.put(uint64_t{end - trees_.trees[i].root});
  }
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    out.put(nodes[i].threshold);
    out.put(trees_.lengths[i]);
    out.put(nodes[i].what);
    out.put(nodes[i].left - i);
  }
  out.put(uint64_t{trees_.dimensions == 0 ? 0 : trees_.terms.size() / trees_.dimensions});
  for (const HyperplaneTerm& term : trees_.terms) {
    out.put(term.weight);
    out.put(term.centre);
    out.put(term.column);
  }
  return seal_model(kind, version, out.bytes());
}

Result<IsolationForest> IsolationForest::load(std::string_view model) {
  TRY(const std::string_view bytes, unseal_model(model, kind, version));
  ByteReader in(bytes);
  IsolationForest forest;
  forest.options_ = get_options(in);
  TRY_VOID(forest.options_.check());
  forest.columns_ = in.get<uint64_t>();
  forest.sample_ = in.get<uint64_t>();
  if (forest.columns_ == 0 || forest.columns_ > ForestOptions::most_columns)
    return failure("the isolation forest is damaged: its columns do not fit");
  if (forest.sample_ == 0 || forest.sample_ > forest.options_.sample)
    return failure("the isolation forest is damaged: its sample does not fit");
  IsolationTrees& trees = forest.trees_;
  if (forest.options_.split == ForestSplit::extended) trees.dimensions = forest.options_.dimensions;
  TRY_VOID(read_nodes(in, forest.options_.trees, trees));
  TRY_VOID(read_terms(in, forest.columns_, trees));
  const size_t splits =
      trees.dimensions == 0 ? forest.columns_ : trees.terms.size() / trees.dimensions;
  std::vector<uint32_t> depths;
  for (size_t i = 0; i < trees.trees.size(); ++i) {
    const size_t end = i + 1 < trees.trees.size() ? trees.trees[i + 1].root : trees.nodes.size();
    TRY_VOID(check_tree(trees, trees.trees[i], end, splits, depths));
  }
  return forest;
}

}  // namespace yagura::learn
