#pragma once
/// @file server/search/query.h
/// The text of a search understood: criteria, order, page size, what to send along.
/// Source: https://hl7.org/fhir/R4/search.html
/// Faults: parameter_unknown (says what the type supports), parameter_malformed, not_supported, too_costly.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/search/compartment.h"
#include "server/search/concepts.h"
#include "server/search/criterion.h"
#include "server/search/past.h"
#include "server/search/restriction.h"
#include "server/search/subset.h"
#include "server/storage/search/condition.h"
#include "server/storage/storage.h"

namespace varde::search {

using Parameters = std::vector<std::pair<std::string, std::string>>;  ///< decoded, in order, repeats kept

struct SortKey {
  const Parameter* parameter = nullptr;
  bool descending = false;
};

/// _include and _revinclude
struct Include {
  fhir::TypeId source;  ///< the type that holds the reference
  const Parameter* parameter;
  fhir::TypeId target = fhir::TypeId::none;
  bool reverse = false;
  bool iterates = false;  ///< of what was included, too
  bool operator==(const Include&) const = default;
};

struct Query {
  fhir::TypeId type = fhir::TypeId::none;
  std::vector<Criterion> criteria;
  std::vector<SortKey> sort;
  std::vector<Include> includes;
  std::size_t count = 0;
  std::size_t page_bytes = 0;  ///< a page ends after the first resource beyond
  bool total = false;          ///< _total=accurate
  Subset subset = {};          ///< of the matches; what is included comes whole
  /// Whose resources may be found, sent along, and be led to or from on the way.
  const Restriction* restriction = nullptr;  ///< nullptr: everybody's
  std::size_t forced = 0;                    ///< of the criteria, the first ones, which nobody asked for
  bool count_only = false;                   ///< _summary=count or _count=0: no resources, the total
  std::size_t included_from = 0;             ///< of what is named to be sent along: a page before took those before it
  std::size_t most_results = SIZE_MAX;       ///< _maxresults: on all pages together
  const Past* past = nullptr;                ///< of a page that is not the first: what was current when that was read
  bool explained = false;                    ///< _explain: how it is answered is told beside
  Parameters used;                           ///< for the self link
  std::vector<std::string> ignored;          ///< parameters a lenient client sent in vain
};

class OwnParameters;
/// What is defined beside R4's parameters; nothing, where nobody says.
struct Own {
  std::function<const OwnParameters&()> parameters = {};  ///< asked for where it matters
  bool r4_is_reindexed = false;                           ///< some of R4's own may stand there, until they are indexed
};

enum class Handling : std::uint8_t { strict, lenient };

struct Asking {
  const storage::Snapshot& snapshot;
  std::string_view base;
  Instant now;
  Handling handling = Handling::strict;
  Concepts* concepts = nullptr;              ///< for :in, :below and the like; without it they are refused
  const Restriction* restriction = nullptr;  ///< of whoever asks; outlives the query
  std::size_t default_count = 20, longest_page = 1000, page_bytes = std::size_t{8} << 20;
  /// What chains lead to is listed, however many, so that entries can tell of them.
  bool lists = false;
  std::span<const fhir::TypeId> types = {};  ///< that are searched together
  bool may_explain = false;
  Own own = {};
  const Past* past = nullptr;  ///< see Query::past; what chains lead to is of that moment too
};

Result<Query> parse_query(fhir::TypeId type, const Parameters& parameters, const Compartment& compartment,
                          const Asking& asking);
/// Of several types at once, by what they have in common: a query of each. `may_be_searched` leaves out types, where
/// no _type names them; those that are named and may not be searched are refused by it.
/// Source: https://hl7.org/fhir/R4/http.html#search ("across multiple resource types")
using MayBeSearched = std::function<Result<void>(fhir::TypeId type)>;
Result<std::vector<Query>> parse_queries(const Parameters& parameters, const Compartment& compartment,
                                         const MayBeSearched& may_be_searched, const Asking& asking);

}  // namespace varde::search
