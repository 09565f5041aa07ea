#include "fhir-model/fhirpath/functions/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace varde::fhirpath {
namespace {

namespace f = functions;
using Op = Node::Op;

// clang-format off
constexpr std::array kFunctions{
    //          name                arguments  focus            arguments are    gives
    FunctionRow{"abs",                0, 0, Takes::anything, Arguments::once, Gives::focus,     f::abs},
    FunctionRow{"aggregate",          1, 2, Takes::anything, Arguments::each, Gives::anything,  f::aggregate},
    FunctionRow{"all",                1, 1, Takes::anything, Arguments::each, Gives::boolean,   f::all},
    FunctionRow{"allFalse",           0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::all_false},
    FunctionRow{"allTrue",            0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::all_true},
    FunctionRow{"anyFalse",           0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::any_false},
    FunctionRow{"anyTrue",            0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::any_true},
    FunctionRow{"as",                 1, 1, Takes::anything, Arguments::once, Gives::anything,  nullptr, Op::as},
    FunctionRow{"avg",               0, 0, Takes::anything, Arguments::once, Gives::anything,  f::avg},
    FunctionRow{"ceiling",            0, 0, Takes::number,   Arguments::once, Gives::integer,   f::ceiling},
    FunctionRow{"checkModifiers",    1, 9, Takes::anything, Arguments::once, Gives::focus,     f::check_modifiers},
    FunctionRow{"children",           0, 0, Takes::anything, Arguments::once, Gives::anything,  nullptr, Op::children},
    FunctionRow{"coalesce",           1, 9, Takes::anything, Arguments::once, Gives::anything,  f::coalesce},
    FunctionRow{"combine",            1, 1, Takes::anything, Arguments::once, Gives::anything,  f::combine},
    FunctionRow{"comparable",         1, 1, Takes::anything, Arguments::once, Gives::boolean,   f::comparable},
    FunctionRow{"conformsTo",         1, 1, Takes::anything, Arguments::once, Gives::boolean,   f::conforms_to},
    FunctionRow{"contains",           1, 1, Takes::string,   Arguments::once, Gives::boolean,   f::contains},
    FunctionRow{"convertsToBoolean",  0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_boolean},
    FunctionRow{"convertsToDate",     0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_date},
    FunctionRow{"convertsToDateTime", 0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_date_time},
    FunctionRow{"convertsToDecimal",  0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_decimal},
    FunctionRow{"convertsToInteger",  0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_integer},
    FunctionRow{"convertsToQuantity", 0, 1, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_quantity},
    FunctionRow{"convertsToString",   0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_string},
    FunctionRow{"convertsToTime",     0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::converts_to_time},
    FunctionRow{"count",              0, 0, Takes::anything, Arguments::once, Gives::integer,   nullptr, Op::count},
    FunctionRow{"dateOf",            0, 0, Takes::anything, Arguments::once, Gives::date,      f::date_of},
    FunctionRow{"dayOf",             0, 0, Takes::anything, Arguments::once, Gives::integer,   f::day_of},
    FunctionRow{"decode",             1, 1, Takes::string,   Arguments::once, Gives::string,    f::decode},
    FunctionRow{"defineVariable",    1, 2, Takes::anything, Arguments::each, Gives::focus,     f::define_variable},
    FunctionRow{"descendants",        0, 0, Takes::anything, Arguments::once, Gives::anything,  f::descendants},
    FunctionRow{"distinct",           0, 0, Takes::anything, Arguments::once, Gives::focus,     f::distinct},
    FunctionRow{"empty",              0, 0, Takes::anything, Arguments::once, Gives::boolean,   nullptr, Op::empty},
    FunctionRow{"encode",             1, 1, Takes::string,   Arguments::once, Gives::string,    f::encode},
    FunctionRow{"endsWith",           1, 1, Takes::string,   Arguments::once, Gives::boolean,   f::ends_with},
    FunctionRow{"escape",             1, 1, Takes::string,   Arguments::once, Gives::string,    f::escape},
    FunctionRow{"exclude",            1, 1, Takes::anything, Arguments::once, Gives::focus,     f::exclude},
    FunctionRow{"exists",             0, 1, Takes::anything, Arguments::each, Gives::boolean,   nullptr, Op::exists},
    FunctionRow{"exp",                0, 0, Takes::number,   Arguments::once, Gives::decimal,   f::exp},
    FunctionRow{"extension",          1, 1, Takes::anything, Arguments::once, Gives::anything,  nullptr, Op::extension},
    FunctionRow{"first",              0, 0, Takes::anything, Arguments::once, Gives::focus,     nullptr, Op::first},
    FunctionRow{"floor",              0, 0, Takes::number,   Arguments::once, Gives::integer,   f::floor},
    FunctionRow{"getValue",           0, 0, Takes::anything, Arguments::once, Gives::anything,  f::get_value},
    FunctionRow{"hasValue",           0, 0, Takes::anything, Arguments::once, Gives::boolean,   nullptr, Op::has_value},
    FunctionRow{"highBoundary",       0, 1, Takes::anything, Arguments::once, Gives::anything,  f::high_boundary},
    FunctionRow{"hourOf",            0, 0, Takes::anything, Arguments::once, Gives::integer,   f::hour_of},
    FunctionRow{"htmlChecks",         0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::html_checks},
    FunctionRow{"iif",                2, 3, Takes::anything, Arguments::each, Gives::anything,  f::iif},
    FunctionRow{"indexOf",            1, 1, Takes::string,   Arguments::once, Gives::integer,   f::index_of},
    FunctionRow{"intersect",          1, 1, Takes::anything, Arguments::once, Gives::focus,     f::intersect},
    FunctionRow{"is",                 1, 1, Takes::anything, Arguments::once, Gives::boolean,   nullptr, Op::is},
    FunctionRow{"isDistinct",         0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::is_distinct},
    FunctionRow{"join",               0, 1, Takes::string,   Arguments::once, Gives::string,    f::join},
    FunctionRow{"last",               0, 0, Takes::anything, Arguments::once, Gives::focus,     f::last},
    FunctionRow{"lastIndexOf",        1, 1, Takes::string,   Arguments::once, Gives::integer,   f::last_index_of},
    FunctionRow{"length",             0, 0, Takes::string,   Arguments::once, Gives::integer,   f::length},
    FunctionRow{"ln",                 0, 0, Takes::number,   Arguments::once, Gives::decimal,   f::ln},
    FunctionRow{"log",                1, 1, Takes::number,   Arguments::once, Gives::decimal,   f::log},
    FunctionRow{"lowBoundary",        0, 1, Takes::anything, Arguments::once, Gives::anything,  f::low_boundary},
    FunctionRow{"lower",              0, 0, Takes::string,   Arguments::once, Gives::string,    f::lower},
    FunctionRow{"matches",            1, 1, Takes::string,   Arguments::once, Gives::boolean,   f::matches},
    FunctionRow{"matchesFull",        1, 1, Takes::string,   Arguments::once, Gives::boolean,   f::matches_full},
    FunctionRow{"max",               0, 0, Takes::anything, Arguments::once, Gives::focus,     f::max},
    FunctionRow{"memberOf",           1, 1, Takes::anything, Arguments::once, Gives::boolean,   f::member_of},
    FunctionRow{"millisecondOf",     0, 0, Takes::anything, Arguments::once, Gives::integer,   f::millisecond_of},
    FunctionRow{"min",               0, 0, Takes::anything, Arguments::once, Gives::focus,     f::min},
    FunctionRow{"minuteOf",          0, 0, Takes::anything, Arguments::once, Gives::integer,   f::minute_of},
    FunctionRow{"monthOf",           0, 0, Takes::anything, Arguments::once, Gives::integer,   f::month_of},
    FunctionRow{"not",                0, 0, Takes::anything, Arguments::once, Gives::boolean,   nullptr, Op::negation},
    FunctionRow{"now",                0, 0, Takes::anything, Arguments::once, Gives::date_time, f::now},
    FunctionRow{"ofType",             1, 1, Takes::anything, Arguments::once, Gives::anything,  nullptr, Op::of_type},
    FunctionRow{"power",              1, 1, Takes::number,   Arguments::once, Gives::anything,  f::power},
    FunctionRow{"precision",          0, 0, Takes::anything, Arguments::once, Gives::integer,   f::precision},
    FunctionRow{"repeat",             1, 1, Takes::anything, Arguments::each, Gives::argument,  f::repeat},
    FunctionRow{"replace",            2, 2, Takes::string,   Arguments::once, Gives::string,    f::replace},
    FunctionRow{"replaceMatches",     2, 2, Takes::string,   Arguments::once, Gives::string,    f::replace_matches},
    FunctionRow{"resolve",            0, 0, Takes::anything, Arguments::once, Gives::anything,  f::resolve},
    FunctionRow{"round",              0, 1, Takes::number,   Arguments::once, Gives::decimal,   f::round},
    FunctionRow{"secondOf",          0, 0, Takes::anything, Arguments::once, Gives::integer,   f::second_of},
    FunctionRow{"select",             1, 1, Takes::anything, Arguments::each, Gives::argument,  nullptr, Op::select},
    FunctionRow{"single",             0, 0, Takes::anything, Arguments::once, Gives::focus,     f::single},
    FunctionRow{"skip",               1, 1, Takes::anything, Arguments::once, Gives::focus,     f::skip},
    FunctionRow{"slice",             2, 2, Takes::anything, Arguments::once, Gives::anything,  f::slice},
    FunctionRow{"sort",               0, 9, Takes::anything, Arguments::each, Gives::focus,     f::sort},
    FunctionRow{"split",              1, 1, Takes::string,   Arguments::once, Gives::string,    f::split},
    FunctionRow{"sqrt",               0, 0, Takes::number,   Arguments::once, Gives::decimal,   f::sqrt},
    FunctionRow{"startsWith",         1, 1, Takes::string,   Arguments::once, Gives::boolean,   f::starts_with},
    FunctionRow{"subsetOf",           1, 1, Takes::anything, Arguments::once, Gives::boolean,   f::subset_of},
    FunctionRow{"substring",          1, 2, Takes::string,   Arguments::once, Gives::string,    f::substring},
    FunctionRow{"subsumedBy",        1, 1, Takes::anything, Arguments::once, Gives::boolean,   f::subsumed_by},
    FunctionRow{"subsumes",          1, 1, Takes::anything, Arguments::once, Gives::boolean,   f::subsumes},
    FunctionRow{"sum",               0, 0, Takes::anything, Arguments::once, Gives::anything,  f::sum},
    FunctionRow{"supersetOf",         1, 1, Takes::anything, Arguments::once, Gives::boolean,   f::superset_of},
    FunctionRow{"tail",               0, 0, Takes::anything, Arguments::once, Gives::focus,     f::tail},
    FunctionRow{"take",               1, 1, Takes::anything, Arguments::once, Gives::focus,     f::take},
    FunctionRow{"timeOf",            0, 0, Takes::anything, Arguments::once, Gives::time,      f::time_of},
    FunctionRow{"timeOfDay",          0, 0, Takes::anything, Arguments::once, Gives::time,      f::time_of_day},
    FunctionRow{"timezoneOffsetOf",  0, 0, Takes::anything, Arguments::once, Gives::decimal,   f::timezone_offset_of},
    FunctionRow{"toBoolean",          0, 0, Takes::anything, Arguments::once, Gives::boolean,   f::to_boolean},
    FunctionRow{"toChars",            0, 0, Takes::string,   Arguments::once, Gives::string,    f::to_chars},
    FunctionRow{"toDate",             0, 0, Takes::anything, Arguments::once, Gives::date,      f::to_date},
    FunctionRow{"toDateTime",         0, 0, Takes::anything, Arguments::once, Gives::date_time, f::to_date_time},
    FunctionRow{"toDecimal",          0, 0, Takes::anything, Arguments::once, Gives::decimal,   f::to_decimal},
    FunctionRow{"toInteger",          0, 0, Takes::anything, Arguments::once, Gives::integer,   f::to_integer},
    FunctionRow{"toQuantity",         0, 1, Takes::anything, Arguments::once, Gives::quantity,  f::to_quantity},
    FunctionRow{"toString",           0, 0, Takes::anything, Arguments::once, Gives::string,    f::to_string},
    FunctionRow{"toTime",             0, 0, Takes::anything, Arguments::once, Gives::time,      f::to_time},
    FunctionRow{"today",              0, 0, Takes::anything, Arguments::once, Gives::date,      f::today},
    FunctionRow{"trace",              1, 2, Takes::anything, Arguments::each, Gives::focus,     f::trace},
    FunctionRow{"trim",               0, 0, Takes::string,   Arguments::once, Gives::string,    f::trim},
    FunctionRow{"truncate",           0, 0, Takes::number,   Arguments::once, Gives::integer,   f::truncate},
    FunctionRow{"type",               0, 0, Takes::anything, Arguments::once, Gives::type_info, f::type},
    FunctionRow{"unescape",           1, 1, Takes::string,   Arguments::once, Gives::string,    f::unescape},
    FunctionRow{"union",              1, 1, Takes::anything, Arguments::once, Gives::anything,  f::unite},
    FunctionRow{"upper",              0, 0, Takes::string,   Arguments::once, Gives::string,    f::upper},
    FunctionRow{"where",              1, 1, Takes::anything, Arguments::each, Gives::focus,     nullptr, Op::where},
    FunctionRow{"yearOf",            0, 0, Takes::anything, Arguments::once, Gives::integer,   f::year_of},
};
// clang-format on
static_assert(std::ranges::is_sorted(kFunctions, {}, &FunctionRow::name));

}  // namespace

std::span<const FunctionRow> all_functions() { return kFunctions; }

const FunctionRow* find_function(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kFunctions, name, {}, &FunctionRow::name);
  return found == kFunctions.end() || found->name != name ? nullptr : found;
}

Collection Call::argument_for(std::size_t i, const Item& item, std::int32_t index) const {
  return run.evaluate(argument_node(i), scope.at(item, index));
}

std::optional<bool> Call::condition_for(std::size_t i, const Item& item, std::int32_t index) const {
  return run.truth(argument_node(i), scope.at(item, index));
}

const Item* Call::only() const {
  if (focus.size() > 1) fail(fmt::format("{}() takes one item, and there are {}", node.name, focus.size()));
  return focus.size() == 1 ? &focus.front() : nullptr;
}

std::optional<std::string_view> Call::only_string() const {
  const Item* item = only();
  if (!item) return std::nullopt;
  const auto text = item->string();
  const bool absent = item->element() && item->system_type() == SystemType::string;
  if (!text && !absent) fail(fmt::format("{}() takes a String, not a {}", node.name, item->type_info().name));
  return text;
}

std::optional<Item> Call::one(std::size_t i) const {
  Collection items = argument(i);
  if (items.size() > 1)
    fail(fmt::format("argument {} of {}() is one item, and there are {}", i + 1, node.name, items.size()));
  return items.size() == 1 ? std::optional(std::move(items.front())) : std::nullopt;
}

std::optional<std::string> Call::string(std::size_t i) const {
  const auto item = one(i);
  if (!item) return std::nullopt;
  const auto text = item->string();
  if (!text) fail(fmt::format("argument {} of {}() is a String", i + 1, node.name));
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::optional<std::int32_t> Call::integer(std::size_t i) const {
  const auto item = one(i);
  if (!item) return std::nullopt;
  const auto value = item->integer();
  if (!value) fail(fmt::format("argument {} of {}() is an Integer", i + 1, node.name));
  return value;
}

}  // namespace varde::fhirpath
