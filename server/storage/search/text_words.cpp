/// What is asked of the full text (text.h). An engine that has one of its own takes words with their ands and ors as
/// one question, since of each look at it most is the beginning:
/// https://www.sqlite.org/fts5.html#full_text_query_syntax
#include "server/storage/search/text.h"

namespace varde::storage {
namespace {

using Of = Condition::Of;

/// Empty: the condition asks for more than words.
std::string question_of(const Condition& condition) {
  if (condition.of == Of::row) {
    const Walk walk = condition.range.walk;
    if (walk != Walk::word && walk != Walk::word_beginning) return {};
    return std::get<std::string>(condition.range.fixed[0]) + (walk == Walk::word ? "" : "*");
  }
  if ((condition.of != Of::all && condition.of != Of::any) || condition.parts.empty()) return {};
  std::string out;
  for (const Condition& part : condition.parts) {
    const std::string one = question_of(part);
    if (one.empty()) return {};
    out += out.empty() ? "(" : condition.of == Of::all ? " AND " : " OR ";
    out += one;
  }
  return out + ")";
}

}  // namespace

std::string Text::question_of_words(const Condition& condition) const {
  return manner_.has_full_text ? question_of(condition) : std::string();
}

bool Text::words(const Condition& condition, Asked asked) {
  const std::string question = question_of_words(condition), a = alias();
  if (question.empty()) return false;
  if (gathers_)
    sql_.append("(").append(asked.key).append(" IN (SELECT ").append(a).append(".resource FROM word ").append(a);
  else
    sql_.append("(SELECT 1 FROM word ").append(a);
  sql_ += " WHERE " + a + ".term = ";
  value(question);
  if (!gathers_) sql_.append(" AND ").append(a).append(".resource = ").append(asked.key);
  sql_ += gathers_ ? ")) IS TRUE" : is_there();
  return true;
}

void Text::begins(const std::string& beginning, const std::string& column) {
  sql_ += " WHERE " + column;
  if (manner_.has_full_text) {
    sql_ += " = ";
    value(beginning + "*");
  } else {
    sql_ += " >= ";
    value(beginning);
    sql_ += " AND " + column + " < ";
    value(behind(beginning));
  }
}

}  // namespace varde::storage
