#include "server/storage/search/text.h"

#include <algorithm>
#include <array>
#include <span>

namespace varde::storage {
namespace {

using Of = Condition::Of;

// clang-format off
const std::array kShapes{
  //    walk                     table        hint                               fixed columns                                           order columns
  Shape{Walk::code,              "token",     "",                                {"parameter", "code"},                                  {"patient", "resource"}},
  Shape{Walk::code_of_patient,   "token",     "",                                {"parameter", "code", "patient"},                       {"resource"}},
  Shape{Walk::codes,             "token",     "",                                {"parameter"},                                          {"code", "patient", "resource"}},
  Shape{Walk::target,            "reference", "",                                {"parameter", "target_type", "target_id"},              {"patient", "resource"}},
  Shape{Walk::target_of_patient, "reference", "",                                {"parameter", "target_type", "target_id", "patient"},   {"resource"}},
  Shape{Walk::targets,           "reference", "",                                {"parameter"},                                          {"target_type", "target_id", "patient", "resource"}},
  Shape{Walk::date,              "date",      " INDEXED BY date_of_all_patients", {"parameter"},                                         {"\"begin\"", "\"end\"", "patient", "resource"}},
  Shape{Walk::date_of_patient,   "date",      "",                                {"parameter", "patient"},                               {"\"begin\"", "\"end\"", "resource"}},
  Shape{Walk::strings,           "string",    "",                                {"parameter"},                                          {"folded", "patient", "resource"}},
  Shape{Walk::uris,              "uri",       "",                                {"parameter"},                                          {"uri", "patient", "resource"}},
  Shape{Walk::numbers,           "number",    "",                                {"parameter", "unit"},                                  {"low", "high", "patient", "resource"}},
  Shape{Walk::word,              "word",      "",                                {"term"},                                              {"resource"}},
  Shape{Walk::word_beginning,    "word",      "",                                {"term"},                                              {"resource"}},
  Shape{Walk::updated,           "resource",  "",                                {"type"},                                               {"updated", "key"}, true},
  Shape{Walk::ids,               "resource",  "",                                {"type"},                                               {"id"}, true},
  Shape{Walk::chosen,            "resource",  "",                                {"type"},                                               {"key"}, true},
};
// clang-format on

std::string_view name_of(Also::Column column) {
  switch (column) {
    case Also::Column::system: return "system";
    case Also::Column::target_type: return "target_type";
    case Also::Column::begin: return "\"begin\"";
    case Also::Column::end: return "\"end\"";
    case Also::Column::low: return "low";
    case Also::Column::high: return "high";
    case Also::Column::folded: return "folded";
  }
  return {};
}

std::string_view sign_of(Also::Is is) {
  switch (is) {
    case Also::Is::equal: return " = ";
    case Also::Is::below: return " < ";
    case Also::Is::at_most: return " <= ";
    case Also::Is::above: return " > ";
    case Also::Is::at_least: return " >= ";
    case Also::Is::holding: break;
  }
  return {};
}

bool is_too_long(const Cell& value, std::size_t longest) {
  const auto* text = std::get_if<std::string>(&value);
  return text && text->size() > longest;
}

/// The part of a conjunction whose set the others are asked of: what one resource is quickly asked for goes last.
std::size_t leading_part(const std::vector<Condition>& parts) {
  const auto rank = [](const Condition& part) {
    switch (part.of) {
      case Of::row: return is_probe(part) ? 1 : 0;
      case Of::any: return 2;
      case Of::all: return 3;
      case Of::refers: return 4;
      default: return 9;
    }
  };
  std::size_t best = parts.size();
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (rank(parts[i]) < 9 && (best == parts.size() || rank(parts[i]) < rank(parts[best]))) best = i;
  return best;
}

}  // namespace

const Shape& shape_of(Walk walk) { return kShapes[static_cast<std::size_t>(walk)]; }

std::size_t text_columns(Walk walk) {
  switch (walk) {
    case Walk::numbers: return 2;
    case Walk::codes:
    case Walk::strings:
    case Walk::uris:
    case Walk::ids: return 1;
    default: return 0;
  }
}

// Said as a value it stays a look at one row's probe, which is right for the few rows of a page; of an EXISTS,
// PostgreSQL may make a hash of all that is asked for, which is right for many rows.
std::string_view Text::there() const { return gathers_ ? "(EXISTS (SELECT 1 FROM" : "(SELECT 1 FROM"; }
std::string_view Text::is_there() const { return gathers_ ? ")) IS TRUE" : " LIMIT 1) IS NOT NULL"; }

std::string Text::parameter(const Cell& value) {
  values_.push_back(value);
  return "?" + std::to_string(values_.size());
}
void Text::value(const Cell& value) { sql_ += parameter(value); }

// Text of the index may be cut where it is long; a range by it holds more than it was asked for, never less.
void Text::fixed(const Cell& one) {
  value(is_too_long(one, manner_.longest_key) ? Cell(index_text(std::get<std::string>(one), manner_.longest_key))
                                              : one);
}
void Text::bound(const Cell& one) {
  value(is_too_long(one, manner_.longest_key)
            ? Cell(std::string(index_bound(std::get<std::string>(one), manner_.longest_key)))
            : one);
}

void Text::rows_of(const Range& range, std::string_view alias) {
  const Shape& shape = shape_of(range.walk);
  sql_.append(" ").append(shape.table).append(" ").append(alias).append(shape.hint);
}

void Text::where(const Range& range, const std::vector<Also>& besides, std::string_view alias) {
  const Shape& shape = shape_of(range.walk);
  const std::string prefix = std::string(alias) + ".";
  if (range.walk == Walk::word_beginning) return begins(std::get<std::string>(range.fixed[0]), prefix + "term");
  for (std::size_t i = 0; i < shape.fixed.size(); ++i) {
    sql_ += i == 0 ? " WHERE " : " AND ";
    sql_.append(prefix).append(shape.fixed[i]).append(" = ");
    fixed(range.fixed[i]);
  }
  if (shape.of_resources) sql_ += " AND " + prefix + "method <> 2";
  const std::string first = prefix + std::string(shape.order[0]);
  if (range.from) sql_ += " AND " + first + " >= ", bound(*range.from);
  if (range.until) sql_ += " AND " + first + " < ", value(*range.until);
  for (const Also& one : besides) also(one, alias);
}

void Text::also(const Also& one, std::string_view alias) {
  const std::string column = std::string(alias) + "." + std::string(name_of(one.column));
  sql_ += " AND ";
  if (one.is != Also::Is::holding) {
    sql_.append(column).append(sign_of(one.is));
    return value(one.value);
  }
  // Behind the folded text, parted by a character that no search text holds, stands the original.
  const auto place_of = [&](std::string_view text) {
    sql_.append(manner_.position_in_text).append("(").append(column).append(", ");
    value(std::string(text));
    sql_ += ")";
  };
  place_of(std::get<std::string>(one.value));
  sql_ += " BETWEEN 1 AND ";
  place_of("\x1F");
}

void Text::keys(const std::vector<ParameterKey>& keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    sql_ += i == 0 ? " IN (" : ", ";
    value(cell(keys[i]));
  }
  sql_ += ")";
}

void Text::everything(const Condition& condition, std::string_view alias) {
  const std::string prefix = std::string(alias) + ".";
  sql_ += "SELECT " + prefix + "key AS key, " + prefix + "patient AS patient FROM resource " + std::string(alias) +
          " WHERE " + prefix + "type = ";
  value(cell(type_key(condition.type)));
  sql_ += " AND " + prefix + "method <> 2";
}

void Text::in_patients(const std::vector<PatientKey>& patients, std::string_view column) {
  if (patients.empty()) return void(sql_ += "1 = 0");
  const bool or_nobodys = manner_.lays_out_by_patient && patients.front() == PatientKey::none;  // they are sorted
  if (or_nobodys) sql_.append("(").append(column).append(" < 0 OR ");
  sql_.append(column).append(" IN (");
  for (std::size_t i = 0; i < patients.size(); ++i) {
    if (i > 0) sql_ += ", ";
    value(cell(patients[i]));
  }
  sql_ += or_nobodys ? "))" : ")";
}

void Text::in_relation(const Condition& condition, std::string_view column) {
  const std::string a = alias();
  sql_ += "EXISTS (SELECT 1 FROM care_relation " + a + " WHERE " + a + ".patient = ";
  sql_.append(column).append(" AND " + a + ".holder IN (");
  for (std::size_t i = 0; i < condition.holders.size(); ++i) {
    if (i > 0) sql_ += ", ";
    value(condition.holders[i]);
  }
  sql_ += ") AND (" + a + ".until IS NULL OR " + a + ".until > ";
  value(cell(condition.now));
  sql_ += "))";
}

/// What is asked of the patients that it names is asked of their keys alone. Where rows are spread they stand with
/// those patients, wherever the resource stands.
void Text::names(const Condition& condition, std::string_view key) {
  const std::string a = alias(), patient = a + ".patient";
  if (manner_.is_spread) {
    const std::string resource = a + ".resource";
    sql_.append(key).append(" IN (SELECT ").append(resource).append(" FROM named_patient ").append(a).append(" WHERE ");
    fits(condition.parts.front(), {resource, patient});
    return void(sql_ += ")");
  }
  sql_ += "EXISTS (SELECT 1 FROM named_patient " + a + " WHERE " + a + ".resource = ";
  sql_.append(key).append(" AND ");
  fits(condition.parts.front(), {key, patient});
  sql_ += ")";
}

void Text::joined(const std::vector<Condition>& parts, std::string_view by, Asked asked) {
  if (parts.empty()) return void(sql_ += by == " AND " ? "1 = 1" : "1 = 0");
  sql_ += "(";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) sql_ += by;
    fits(parts[i], asked);
  }
  sql_ += ")";
}

void Text::in_set(const Condition& condition, std::string_view key) {
  sql_.append("(").append(key).append(" IN (SELECT key FROM (");
  set(condition);
  sql_ += ") AS " + alias() + ")) IS TRUE";
}

void Text::has_row(const Condition& condition, Asked asked) {
  if (!is_probe(condition)) return in_set(condition, asked.key);
  const Shape& shape = shape_of(condition.range.walk);
  const std::string a = alias();
  sql_ += there();
  rows_of(condition.range, a);
  where(condition.range, condition.also, a);
  if (manner_.is_spread || shape.fixed.back() != "patient")
    sql_.append(" AND ").append(a).append(".patient = ").append(asked.patient);
  sql_.append(" AND ").append(a).append(".").append(shape.key()).append(" = ").append(asked.key);
  sql_ += is_there();
}

void Text::fits(const Condition& condition, Asked asked) {
  if (words(condition, asked)) return;
  switch (condition.of) {
    case Of::all:
      if (condition.parts.empty()) return void(sql_ += "1 = 1");
      return joined(condition.parts, " AND ", asked);
    case Of::any:
      if (condition.parts.empty()) return void(sql_ += "1 = 0");
      return joined(condition.parts, " OR ", asked);
    case Of::none:
      if (condition.parts.empty()) return void(sql_ += "1 = 1");
      sql_ += "NOT ";
      return joined(condition.parts, " OR ", asked);
    case Of::row: return has_row(condition, asked);
    case Of::patients: return in_patients(condition.patients, asked.patient);
    case Of::related: return in_relation(condition, asked.patient);
    case Of::names: return names(condition, asked.key);
    case Of::refers:
    case Of::referred: return leads(condition, asked);
  }
}

void Text::set_of_all(const Condition& condition) {
  const std::size_t leading = leading_part(condition.parts);
  const std::string a = alias(), key = a + ".key", patient = a + ".patient";
  if (leading == condition.parts.size()) {
    everything(condition, a);
  } else {
    sql_ += "SELECT " + key + " AS key, " + patient + " AS patient FROM (";
    set(condition.parts[leading]);
    sql_ += ") AS " + a + " WHERE 1 = 1";
  }
  for (std::size_t i = 0; i < condition.parts.size(); ++i) {
    if (i == leading) continue;
    sql_ += " AND ";
    fits(condition.parts[i], {key, patient});
  }
}

void Text::set(const Condition& condition) {
  const bool outside = gathers_;
  gathers_ = true;
  write_set(condition);
  gathers_ = outside;
}

/// SQLite takes no more than 500 terms of a compound SELECT: of a longer list several stand in one.
void Text::union_of(std::span<const Condition> parts) {
  constexpr std::size_t kMostTerms = 250;
  const std::size_t together = (parts.size() + kMostTerms - 1) / kMostTerms;
  for (std::size_t i = 0; i < parts.size(); i += together) {
    if (i > 0) sql_ += " UNION ";
    sql_ += "SELECT key, patient FROM (";
    const auto group = parts.subspan(i, std::min(together, parts.size() - i));
    group.size() == 1 ? set(group.front()) : union_of(group);
    sql_ += ") AS " + alias();
  }
}

void Text::write_set(const Condition& condition) {
  const std::string a = alias(), key = a + ".key", patient = a + ".patient";
  if (const std::string question = question_of_words(condition); !question.empty()) {
    sql_ += "SELECT " + a + ".resource AS key, " + patient + " AS patient FROM word " + a + " WHERE " + a + ".term = ";
    return value(question);
  }
  switch (condition.of) {
    case Of::all: return set_of_all(condition);
    case Of::any:
      if (condition.parts.empty()) {
        everything(condition, a);
        sql_ += " AND 1 = 0";
      }
      return union_of(condition.parts);
    case Of::row: {
      const Shape& shape = shape_of(condition.range.walk);
      sql_.append("SELECT ").append(a).append(".").append(shape.key()).append(" AS key, ");
      sql_ += patient + " AS patient FROM";
      rows_of(condition.range, a);
      return where(condition.range, condition.also, a);
    }
    case Of::refers: {
      const std::string t = alias(), f = alias(), n = alias();
      sql_ += "SELECT " + f + ".resource AS key, " + f + ".patient AS patient FROM (SELECT " + t + ".id AS id FROM (";
      set(condition.parts.front());
      sql_ += ") AS " + a + " CROSS JOIN resource " + t + " ON " + t + ".key = " + key + " AND " + t +
              ".patient = " + patient + ") AS " + n + " CROSS JOIN reference " + f + " ON " + f + ".parameter";
      keys(condition.keys);
      sql_ += " AND " + f + ".target_type = ";
      value(cell(type_key(condition.other)));
      sql_ += " AND " + f + ".target_id = " + n + ".id";
      return;
    }
    case Of::referred:
      if (is_set(condition)) {
        const std::string i = alias(), d = alias(), p = alias();
        sql_ += "SELECT " + key + " AS key, " + patient + " AS patient FROM (SELECT DISTINCT " + i +
                ".patient AS key FROM (";
        set(condition.parts.front());
        sql_ += ") AS " + i + ") AS " + d + " CROSS JOIN patient " + p + " ON " + p + ".key = " + d +
                ".key CROSS JOIN resource " + a + " ON " + a + ".type = ";
        value(cell(type_key(condition.type)));
        sql_ +=
            " AND " + a + ".id = " + p + ".id AND " + a + ".patient = " + d + ".key AND " + a + ".method <> 2 WHERE ";
        return fits(condition, {key, patient});
      }
      if (manner_.is_spread) return set_of_referred(condition);
      [[fallthrough]];
    case Of::none:
    case Of::related:
    case Of::names:
    case Of::patients:
      everything(condition, a);
      sql_ += " AND ";
      return fits(condition, {key, patient});
  }
}

sql::Rows Text::open(sql::Connection& connection) const {
  sql::Statement& statement = connection.prepare(std::string_view(sql_));
  sql::Rows rows(statement);
  int parameter = 0;
  for (const Cell& one : values_) {
    ++parameter;
    if (const auto* number = std::get_if<std::int64_t>(&one))
      statement.bind(parameter, *number);
    else
      statement.bind(parameter, std::string_view(std::get<std::string>(one)));
  }
  return rows;
}

}  // namespace varde::storage
