#pragma once
/// @file server/search/kind/kind.h
/// A kind of search parameter: what an element of it is indexed as, how its text is read, which ranges of the index
/// hold what a value asks for, how it sorts. One file per kind, one row of kinds.cpp per file.
/// Source: https://hl7.org/fhir/R4/search.html#ptypes
#include <string>
#include <string_view>
#include <vector>

#include "server/search/criterion.h"
#include "server/search/query.h"
#include "server/search/ranges.h"
#include "server/search/stated.h"

namespace varde::search {

using storage::Also;
using storage::Condition;
using storage::row_condition;

enum class Order : std::uint8_t {
  none,
  gathered,           ///< matches are gathered and sorted
  walked,             ///< its rows come in that order
  walked_by_patient,  ///< and those of one patient too
};

struct Kind {
  fhir::SearchKind kind;
  /// Beside :missing, which all take; a blank between. "[type]" is the name of a type.
  std::string_view modifiers;
  /// Adds the rows of one element; nullptr where the kind makes none of its own.
  void (*index)(fhir::Element element, const Indexing& to);
  /// Adds one of the comma-separated values to the criterion. Escaped bars and dollars are still marked: see restore().
  Result<void> (*read)(Criterion& criterion, std::string text, std::string_view modifier, const Asking& asking);
  /// Adds ranges that together hold every row that the value fits, of one patient's where there is one.
  void (*ranges)(const Criterion& criterion, const Value& value, storage::PatientKey patient, std::vector<Range>& out);
  /// Adds conditions of which one is true exactly where the value fits; false: the index tables cannot say that.
  bool (*state)(const Criterion& criterion, const Value& value, const Saying& saying,
                std::vector<storage::Condition>& out) = nullptr;
  bool has_long_rows = false;  ///< rows that one number cannot place stand under Parameter::long_key
  Order order = Order::none;
  /// Where the order is walked: the ranges of all rows; `bound`: only those that it fits, as far as a range can say.
  void (*all)(const Parameter& parameter, const Value* bound, storage::PatientKey patient, std::vector<Range>& out);
};

extern const Kind kNumber, kDate, kString, kToken, kReference, kComposite, kQuantity, kUri, kNear, kWords;

/// nullptr for what is not supported.
const Kind* find_kind(fhir::SearchKind kind);
/// That of a parameter, which is always supported.
const Kind& kind_of(const Parameter& parameter);

/// The words beside a code or a reference, for :text.
void index_text(std::string_view text, const Parameter& parameter, IndexRows& rows);
/// As they stand in the entries, and as they are asked for: folded, and no longer than this.
inline constexpr std::size_t kLongestText = 256;
std::string text_beside(std::string_view text);

/// Stand for an escaped bar and an escaped dollar until a value has been parted at those that are not.
inline constexpr char kEscapedBar = '\x1E', kEscapedDollar = '\x1D';
std::string restored(std::string_view text);

}  // namespace varde::search
