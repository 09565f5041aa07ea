/// What is asked of a resource's references, and of those that refer to it (text.h).
#include "server/storage/search/text.h"

namespace varde::storage {

using Of = Condition::Of;

void Text::refers(const Condition& condition, Asked asked) {
  if (!condition.same_patient) return in_set(condition, asked.key);
  // The one Patient that the resource can mean is the one it belongs to.
  const std::string p = alias(), t = alias(), f = alias();
  sql_ += there();
  sql_ += " patient " + p + " CROSS JOIN resource " + t + " ON " + t + ".type = ";
  value(cell(type_key(condition.other)));
  sql_ += " AND " + t + ".id = " + p + ".id AND " + t + ".patient = ";
  sql_.append(asked.patient).append(" AND ").append(t).append(".method <> 2 WHERE ").append(p).append(".key = ");
  sql_ += asked.patient;
  sql_.append(" AND ").append(there());
  sql_ += " reference " + f + " WHERE " + f + ".parameter";
  keys(condition.keys);
  sql_ += " AND " + f + ".target_type = ";
  value(cell(type_key(condition.other)));
  sql_ += " AND " + f + ".target_id = " + t + ".id AND " + f + ".patient = ";
  sql_.append(asked.patient).append(" AND ").append(f).append(".resource = ").append(asked.key);
  sql_.append(is_there()).append(" AND ");
  const std::string key = t + ".key", patient = t + ".patient";
  fits(condition.parts.front(), {key, patient});
  sql_ += is_there();
}

/// One patient's rows of a code, and which of them refers: where both belong to that patient.
void Text::referred_within_patient(const Condition& condition, Asked asked) {
  const Condition& row = condition.parts.front();
  const std::string s = alias(), f = alias();
  sql_ += there();
  rows_of(row.range, s);
  where(row.range, row.also, s);
  sql_.append(" AND ").append(s).append(".patient = ").append(asked.patient);
  sql_.append(" AND ").append(there());
  sql_ += " reference " + f + " WHERE " + f + ".parameter";
  keys(condition.keys);
  sql_ += " AND " + f + ".target_type = ";
  value(cell(type_key(condition.type)));
  sql_ += " AND " + f + ".target_id = (SELECT id FROM resource WHERE key = ";
  sql_.append(asked.key).append(" AND patient = ").append(asked.patient);
  sql_ += ") AND " + f + ".patient = " + s + ".patient AND " + f + ".resource = " + s + ".resource";
  sql_.append(is_there()).append(is_there());
}

void Text::referred(const Condition& condition, Asked asked) {
  const Condition& inner = condition.parts.front();
  if (condition.same_patient && inner.of == Of::row && inner.range.walk == Walk::code)
    return referred_within_patient(condition, asked);
  if (manner_.is_spread) return in_set(condition, asked.key);  // whoever refers may stand elsewhere
  const std::string t = alias(), f = alias();
  sql_ += there();
  sql_ += " resource " + t + " CROSS JOIN reference " + f + " ON " + f + ".parameter";
  keys(condition.keys);
  sql_ += " AND " + f + ".target_type = ";
  value(cell(type_key(condition.type)));
  sql_ += " AND " + f + ".target_id = " + t + ".id WHERE " + t + ".key = ";
  sql_.append(asked.key).append(" AND ").append(t).append(".patient = ").append(asked.patient);
  sql_ += " AND ";
  const std::string key = f + ".resource", patient = f + ".patient";
  fits(condition.parts.front(), {key, patient});
  sql_ += is_there();
}

// Where a set is asked for within the question, it would be gathered anew for each row.
void Text::leads(const Condition& condition, Asked asked) {
  const bool outside = gathers_;
  gathers_ = gathers_ || !is_probe(condition.parts.front());
  condition.of == Of::refers ? refers(condition, asked) : referred(condition, asked);
  gathers_ = outside;
}

/// Those that are referred to, found by who refers to them.
void Text::set_of_referred(const Condition& condition) {
  const std::string i = alias(), f = alias(), n = alias(), t = alias();
  sql_ += "SELECT " + t + ".key AS key, " + t + ".patient AS patient FROM (SELECT " + f + ".target_id AS id FROM (";
  set(condition.parts.front());
  sql_ += ") AS " + i + " CROSS JOIN reference " + f + " ON " + f + ".resource = " + i + ".key AND " + f +
          ".patient = " + i + ".patient AND " + f + ".parameter";
  keys(condition.keys);
  sql_ += " AND " + f + ".target_type = ";
  value(cell(type_key(condition.type)));
  sql_ += ") AS " + n + " CROSS JOIN resource " + t + " ON " + t + ".type = ";
  value(cell(type_key(condition.type)));
  sql_ += " AND " + t + ".id = " + n + ".id AND " + t + ".method <> 2";
}

}  // namespace varde::storage
