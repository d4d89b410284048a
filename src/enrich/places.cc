// SPDX-License-Identifier: Apache-2.0
#include "enrich/places.h"

#include <algorithm>

#include "enrich/asn_csv.h"
#include "enrich/mmdb_ranges.h"

namespace yagura::enrich {
namespace {

template <typename Value>
using Ranges = std::vector<typename PrefixMap<Value>::Range>;

// Puts ranges in rising order without overlaps (a later one loses what an earlier one has) and
// joins neighbours of equal value. Files are in order as a rule, so that the sort is seldom needed.
template <typename Value>
void make_disjoint(Ranges<Value>& ranges) {
  const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(ranges.begin(), ranges.end(), before))
    std::stable_sort(ranges.begin(), ranges.end(), before);
  size_t kept = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    auto range = ranges[i];
    if (kept > 0) {
      const IpAddress end = ranges[kept - 1].last;
      if (range.last <= end) continue;
      if (range.first <= end) range.first = next_address(end);
    }
    if (kept > 0 && ranges[kept - 1].value == range.value &&
        next_address(ranges[kept - 1].last) == range.first)
      ranges[kept - 1].last = range.last;
    else
      ranges[kept++] = range;
  }
  ranges.resize(kept);
}

// One list of disjoint ranges in rising order, read from its start.
template <typename Value>
class RangeWalk {
 public:
  explicit RangeWalk(const Ranges<Value>& ranges) : at_(ranges.begin()), end_(ranges.end()) {}

  bool done() const { return at_ == end_; }
  bool holds(IpAddress address) const { return !done() && at_->first <= address; }
  Value value_at(IpAddress address) const { return holds(address) ? at_->value : Value(); }
  // Where a range that goes on at `from` must be looked at again, not before `from`.
  IpAddress next_start(IpAddress from) const { return std::max(at_->first, from); }
  // The last address from `from` on of which value_at says the same.
  IpAddress same_until(IpAddress from) const {
    if (done()) return IpAddress::from_halves(~uint64_t{0}, ~uint64_t{0});
    return holds(from) ? at_->last : previous_address(at_->first);
  }
  void pass(IpAddress last) {
    if (!done() && at_->last == last) ++at_;
  }

 private:
  typename Ranges<Value>::const_iterator at_, end_;
};

// Both lists as one: wherever either of them begins or ends a new range begins, unless it says the
// same as the one before.
Ranges<Place> merge(const Ranges<CountryCode>& countries, const Ranges<uint32_t>& asns) {
  Ranges<Place> merged;
  merged.reserve(countries.size() + asns.size());
  RangeWalk<CountryCode> country(countries);
  RangeWalk<uint32_t> asn(asns);
  IpAddress from;
  while (!country.done() || !asn.done()) {
    const IpAddress first = country.done() ? asn.next_start(from)
                            : asn.done()   ? country.next_start(from)
                                         : std::min(country.next_start(from), asn.next_start(from));
    const IpAddress last = std::min(country.same_until(first), asn.same_until(first));
    const Place place{country.value_at(first), asn.value_at(first)};
    if (!merged.empty() && merged.back().value == place &&
        next_address(merged.back().last) == first)
      merged.back().last = last;
    else
      merged.push_back({first, last, place});
    country.pass(last);
    asn.pass(last);
    from = next_address(last);
  }
  return merged;
}

Result<AsnTable> load_asns(const std::vector<std::filesystem::path>& files) {
  AsnTable table;
  for (const auto& file : files) {
    auto read =
        file.extension() == ".csv" ? read_asn_csv_file(file, table) : read_asn_mmdb(file, table);
    if (!read)
      return failure(read.error().within(file.string()).within("reading autonomous systems"));
  }
  return table;
}

}  // namespace

Result<Places> Places::load(const PlaceFiles& files) {
  Places places;
  Ranges<CountryCode> countries;
  if (!files.country.empty()) {
    auto read = read_country_mmdb(files.country);
    if (!read)
      return failure(read.error().within(files.country.string()).within("reading countries"));
    countries = std::move(*read);
    make_disjoint<CountryCode>(countries);
  }
  TRY(auto asns, load_asns(files.asn));
  make_disjoint<uint32_t>(asns.ranges);
  places.map_ = PrefixMap<Place>::from_ranges(merge(countries, asns.ranges));
  places.asn_names_ = std::move(asns.names);
  places.asn_names_.seal();
  return places;
}

Place Places::find(IpAddress address) const {
  const Place* place = map_.find(address);
  return place ? *place : Place{};
}

std::string_view Places::asn_name(uint32_t asn) const { return asn_names_.find(asn); }

}  // namespace yagura::enrich
