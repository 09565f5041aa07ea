#pragma once
/// @file server/search/value.h
/// What a search asks of one parameter, by kind: parsed from the query text, tested on index entries, turned into
/// ranges of the index tables. And the way in: what an element of that kind is indexed as.
/// Source: https://hl7.org/fhir/R4/search.html#ptypes
/// Faults: parameter_malformed, not_supported. Diagnostics never repeat the value that was searched for.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/time/span.h"
#include "server/search/kind/prefix.h"
#include "server/search/parameter.h"
#include "server/storage/index_entries.h"
#include "server/storage/storage.h"

namespace varde::search {

using storage::IndexEntry;
using storage::Instant;

/// How a code, a uri is compared; beside equal only a _filter asks so.
enum class TextMatch : std::uint8_t { equal, starts, contains, ends };
bool fits(TextMatch match, std::string_view text, std::string_view asked);

/// `code`, `system|code`, `|code` (system stays empty text), `system|` (code stays absent).
struct TokenValue {
  std::optional<std::string> system;
  std::optional<std::string> code;
  std::int64_t symbol = 0;  ///< the system's key in storage; set when the search is prepared
  bool known = true;        ///< false: storage has never seen that system, so nothing matches
  TextMatch match = TextMatch::equal;
  bool matches(const IndexEntry& entry) const;
};

struct ReferenceValue {
  fhir::TypeId type = fhir::TypeId::none;  ///< none: any the parameter allows
  std::string id;
  std::string url = {};                     ///< instead of type and id: a reference to elsewhere, or a canonical
  std::optional<std::string> version = {};  ///< of a canonical, in folded case; none: any
  bool or_unversioned = false;              ///< what names no version fits too
  bool refers(std::string_view canonical) const;
  bool matches(const IndexEntry& entry) const;  ///< any type; see Criterion::targets
};

using DateSpan = time::Span;
struct DateValue {
  Prefix prefix = Prefix::eq;
  DateSpan span;
  bool matches(DateSpan target) const;
  bool matches(const IndexEntry& entry) const;
};

struct StringValue {
  enum class Match : std::uint8_t { starts, contains, exact, whole, ends } match = Match::starts;
  std::string folded;  ///< of exact: folded text, separator, the text itself; of whole: folded text, separator
  bool matches(const IndexEntry& entry) const;
};

struct UriValue {
  std::string uri;
  bool below = false;
  TextMatch match = TextMatch::equal;
  bool matches(const IndexEntry& entry) const;
};

/// A number's place among others, as sortable texts (sortable.h): itself and the range around it, both ends within.
struct NumberSpan {
  std::string low, number, high;
  bool matches(Prefix prefix, std::string_view target_low, std::string_view target_high) const;
};
struct NumberValue {
  Prefix prefix = Prefix::eq;
  NumberSpan span;
  bool matches(const IndexEntry& entry) const;
};

/// `5.4`, `5.4|system|code`, `5.4||code` (code or unit, of any system), `5.4|system`.
struct QuantityValue {
  NumberValue number;
  std::optional<std::int64_t> system;  ///< symbol; none: any system
  bool system_known = true;            ///< false: storage has never seen it
  std::optional<std::string> code;
  /// The same in the canonical unit, where system and code are UCUM's.
  struct Canonical {
    NumberValue number;
    std::int64_t unit = 0;  ///< symbol
  };
  std::optional<Canonical> canonical;
  bool matches(const IndexEntry& entry) const;
};

/// `60.39|5.32|10|km`: within a distance.
struct PlaceValue {
  double latitude = 0, longitude = 0, metres = 0;
  bool matches(const IndexEntry& entry) const;
};

using Value =
    std::variant<TokenValue, ReferenceValue, DateValue, StringValue, UriValue, NumberValue, QuantityValue, PlaceValue>;

/// One value out of a comma-separated list, backslashes already removed where FHIR escapes.
Result<TokenValue> parse_token(std::string_view text, std::string_view parameter);
/// `base`: our own, so that absolute references to ourselves are local. `only`: from a modifier such as :Patient.
Result<ReferenceValue> parse_reference_value(std::string_view text, const Parameter& parameter, std::string_view base,
                                             fhir::TypeId only);
/// `now` is needed for ap alone; `zone` is that of what says none.
Result<DateValue> parse_date_value(std::string_view text, std::string_view parameter, Instant now,
                                   const time::Zone& zone);
Result<NumberValue> parse_number(std::string_view text, std::string_view parameter);
/// Symbols are those of `snapshot`.
Result<QuantityValue> parse_quantity(std::string_view text, std::string_view parameter,
                                     const storage::Snapshot& snapshot);
Result<StringValue> parse_string(std::string_view text, StringValue::Match match, std::string_view parameter);

/// Parts the folded text from the original in a string row; no folded text holds it.
inline constexpr char kOriginalFollows = '\x1F';

/// Longest span of a row under a parameter's own key; longer ones stand under its long key, so that a lower bound on
/// the end of a span is also one on its beginning.
inline constexpr std::chrono::microseconds kShortSpan = std::chrono::hours(24);

// --- what an element is indexed as ------------------------------------------------------------------------------
using storage::IndexRows;
using storage::ParameterKey;
/// Who a logical reference (identifier only) means: the id of our Patient, or empty.
class PatientByIdentifier {
 public:
  virtual ~PatientByIdentifier() = default;
  virtual std::string find(std::string_view system, std::string_view value) const = 0;
};
/// What a kind is told beside the element that it indexes.
struct Indexing {
  const Parameter& parameter;
  std::string_view base;  ///< our own
  const time::Zone& zone;
  const PatientByIdentifier* patients;  ///< nullptr: logical references stay unresolved
  IndexRows& rows;
};
void index_token(fhir::Element element, const Indexing& to);
void index_date(fhir::Element element, const Indexing& to);
void index_string(fhir::Element element, const Indexing& to);
void index_uri(fhir::Element element, const Indexing& to);
void index_reference(fhir::Element element, const Parameter& parameter, std::string_view base,
                     const PatientByIdentifier* patients, IndexRows& rows);
void index_number(fhir::Element element, const Indexing& to);
void index_quantity(fhir::Element element, const Indexing& to);
/// The words of a whole resource: of its narrative under _text, of its other texts under _content.
void index_words(fhir::Element resource, IndexRows& rows);

}  // namespace varde::search
