#include "server/followup/report/care_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "fhir-model/text/lower.h"
#include "fhir-model/text/trim.h"
#include "norway/moment.h"
#include "server/followup/codes.h"
#include "server/followup/parts.h"
#include "server/interaction/person.h"

namespace varde::followup {
namespace {

using fhir::text::trimmed;

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kEncounter = fhir::find_resource_type("Encounter");
constexpr std::size_t kMostBytes = 8u << 20, kMostLines = 20'000, kMostProblems = 100;
constexpr std::int64_t kMostMinutes = 44'640, kMostVisits = 1'000;  ///< of a month
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

enum class Field : std::uint8_t { patient, kind, start, end, minutes, visits };
struct FieldRow {
  Field field;
  std::string_view norwegian, english;
  bool is_needed;
};
// clang-format off
constexpr std::array kFields{
    FieldRow{Field::patient, "pasient",  "patient", true},
    FieldRow{Field::kind,    "type",     "kind",    true},
    FieldRow{Field::start,   "fra",      "start",   true},
    FieldRow{Field::end,     "til",      "end",     false},
    FieldRow{Field::minutes, "minutter", "minutes", false},
    FieldRow{Field::visits,  "besøk",    "visits",  false},
};
struct KindRow {
  std::string_view norwegian, english, act_class;  ///< v3-ActCode
  bool is_stay;
};
constexpr std::array kKinds{
    KindRow{"hjemmebesøk",     "home-care",  "HH",    false},
    KindRow{"innleggelse",     "admission",  "IMP",   true},
    KindRow{"korttidsopphold", "short-stay", "SS",    true},
    KindRow{"kad",             "kad",        "ACUTE", true},
};
// clang-format on

const KindRow* find_kind(std::string_view text) {
  const auto row = std::find_if(kKinds.begin(), kKinds.end(),
                                [&](const KindRow& each) { return each.norwegian == text || each.english == text; });
  return row == kKinds.end() ? nullptr : &*row;
}

template <class Rows, class Name>
std::string listed(const Rows& rows, Name name) {
  std::string all;
  for (const auto& row : rows) all.append(all.empty() ? "" : ", ").append(name(row));
  return all;
}

// --- lines and fields ------------------------------------------------------------------------------------------------

class Problems {
 public:
  void add(std::size_t line, std::string_view norwegian, std::string_view english) {
    if (all_.size() < kMostProblems)
      all_.push_back({Fault::parameter_malformed,
                      fmt::format("linje {0}: {1} | line {0}: {2}", line, norwegian, english),
                      fmt::format("file[{}]", line)});
  }
  bool none() const { return all_.empty(); }
  tl::unexpected<Failure> failure() {
    auto first = std::move(all_.front());
    first.also.assign(std::make_move_iterator(all_.begin() + 1), std::make_move_iterator(all_.end()));
    return tl::unexpected<Failure>(std::move(first));
  }

 private:
  std::vector<Failure> all_;
};

/// The fields of one record; a quoted one may hold separators and line ends. Moves `text` and `line` behind it.
std::vector<std::string> take_record(std::string_view& text, char separator, std::size_t& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (quoted) {
      const bool doubled = c == '"' && at + 1 < text.size() && text[at + 1] == '"';
      if (c == '"' && !doubled)
        quoted = false;
      else
        fields.back() += c, at += doubled ? 1 : 0;
    } else if (c == '"') {
      quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  text.remove_prefix(at);
  for (auto& field : fields) field = trimmed(field);
  return fields;
}

std::string lower(std::string_view text) {
  auto out = fhir::text::lower_ascii(text);
  for (auto at = out.find("\xC3\x98"); at != std::string::npos; at = out.find("\xC3\x98")) out.replace(at, 2, "ø");
  return out;
}

char separator_of(std::string_view heading) {
  for (const char c : {';', '\t'})
    if (heading.find(c) != heading.npos) return c;
  return ',';
}

using Places = std::map<Field, std::size_t>;

std::optional<Places> places_in(const std::vector<std::string>& heading, Problems& problems) {
  Places places;
  for (std::size_t i = 0; i < heading.size(); ++i) {
    const auto name = lower(heading[i]);
    const auto row = std::find_if(kFields.begin(), kFields.end(),
                                  [&](const FieldRow& each) { return each.norwegian == name || each.english == name; });
    if (row == kFields.end()) {
      problems.add(
          1, fmt::format("ukjent kolonne; kolonnene er {}", listed(kFields, [](auto& r) { return r.norwegian; })),
          fmt::format("unknown column; the columns are {}", listed(kFields, [](auto& r) { return r.english; })));
      return std::nullopt;
    }
    if (!places.emplace(row->field, i).second)
      problems.add(1, fmt::format("kolonnen {} står to ganger", row->norwegian),
                   fmt::format("the column {} stands twice", row->english));
  }
  for (const auto& row : kFields)
    if (row.is_needed && !places.contains(row.field))
      problems.add(1, fmt::format("kolonnen {} mangler", row.norwegian),
                   fmt::format("the column {} is missing", row.english));
  return problems.none() ? std::optional(places) : std::nullopt;
}

// --- values ----------------------------------------------------------------------------------------------------------

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "31.1.2026", "31.01.2026 10:30", "01.2026" as FHIR writes it; what FHIR writes stays.
std::string fhir_text(std::string_view text) {
  const auto blank = text.find(' ');
  const auto day = text.substr(0, blank);
  const auto time = blank == text.npos ? std::string_view() : trimmed(text.substr(blank));
  const auto first = day.find('.'), second = first == day.npos ? day.npos : day.find('.', first + 1);
  if (first == day.npos) return std::string(day) + (time.empty() ? "" : "T" + std::string(time));
  const auto month = second == day.npos ? day.substr(0, first) : day.substr(first + 1, second - first - 1);
  const auto year = day.substr((second == day.npos ? first : second) + 1);
  if (!is_digits(month) || !is_digits(year) || month.size() > 2) return std::string(text);
  std::string out = fmt::format("{}-{:0>2}", year, month);
  if (second != day.npos) {
    const auto date = day.substr(0, first);
    if (!is_digits(date) || date.size() > 2) return std::string(text);
    out += fmt::format("-{:0>2}", date);
  }
  if (time.empty()) return out;
  const auto colon = time.find_first_of(":.");
  return out + "T" +
         (colon == time.npos ? std::string(time)
                             : fmt::format("{:0>2}:{}", time.substr(0, colon), time.substr(colon + 1)));
}

std::optional<std::int64_t> whole(std::string_view text, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number > most) return std::nullopt;
  return number;
}

/// A month, a day or a moment as the store takes it: a moment has an offset.
std::optional<std::string> date_in(const std::string& text) {
  const auto written = fhir_text(text);
  const auto span = norway::parse_moment(written);
  if (!span) return std::nullopt;
  return written.size() <= 10 ? written : norway::oslo_text(span->begin);
}

class LineReader {
 public:
  LineReader(const Places& places, Problems& problems) : places_(places), problems_(problems) {}

  void read(const std::vector<std::string>& fields, std::size_t line, std::vector<CareLine>& into) {
    CareLine made;
    made.line = line;
    made.patient = value(fields, Field::patient);
    const auto* kind = find_kind(lower(value(fields, Field::kind)));
    if (made.patient.empty()) problems_.add(line, "pasient mangler", "no patient");
    if (!kind)
      return problems_.add(line, fmt::format("type er {}", listed(kKinds, [](auto& r) { return r.norwegian; })),
                           fmt::format("kind is {}", listed(kKinds, [](auto& r) { return r.english; })));
    made.kind = kind->english;
    read_times(fields, *kind, made);
    read_numbers(fields, *kind, made);
    into.push_back(std::move(made));
  }

 private:
  std::string value(const std::vector<std::string>& fields, Field field) const {
    const auto place = places_.find(field);
    return place == places_.end() || place->second >= fields.size() ? std::string() : fields[place->second];
  }

  void read_times(const std::vector<std::string>& fields, const KindRow& kind, CareLine& line) {
    const auto start = date_in(value(fields, Field::start));
    if (!start)
      return problems_.add(line.line,
                           "fra er en dato, et tidspunkt eller en måned: 31.01.2026, 31.01.2026 10:30, 01.2026",
                           "start is a date, a time or a month: 2026-01-31");
    line.start = *start;
    const auto written = value(fields, Field::end);
    if (written.empty() && kind.is_stay) return problems_.add(line.line, "et opphold må ha til", "a stay needs an end");
    if (written.empty()) return;
    const auto end = date_in(written);
    if (!end || norway::parse_moment(*end)->end <= norway::parse_moment(*start)->begin)
      return problems_.add(line.line, "til er en dato som ikke er før fra", "end is a date not before start");
    line.end = *end;
  }

  void read_numbers(const std::vector<std::string>& fields, const KindRow& kind, CareLine& line) {
    const auto minutes = value(fields, Field::minutes), visits = value(fields, Field::visits);
    if (kind.is_stay && !(minutes.empty() && visits.empty()))
      return problems_.add(line.line, "minutter og besøk gjelder bare hjemmebesøk",
                           "minutes and visits are of home care alone");
    if (kind.is_stay) return;
    const auto number = whole(minutes, kMostMinutes);
    const auto count = visits.empty() ? std::optional<std::int64_t>(1) : whole(visits, kMostVisits);
    if (!number)
      problems_.add(line.line, fmt::format("minutter er et helt tall fra 0 til {}", kMostMinutes),
                    fmt::format("minutes is a whole number from 0 to {}", kMostMinutes));
    if (!count || *count == 0)
      problems_.add(line.line, fmt::format("besøk er et helt tall fra 1 til {}", kMostVisits),
                    fmt::format("visits is a whole number from 1 to {}", kMostVisits));
    line.minutes = number.value_or(0), line.visits = count.value_or(1);
  }

  const Places& places_;
  Problems& problems_;
};

// --- what is stored --------------------------------------------------------------------------------------------------

/// By Patient.id, or by a national identity number that one current Patient has.
std::string patient_id_of(const interaction::View& view, const std::string& given) {
  if (!is_digits(given) || given.size() != 11) return view.tree(kPatient, given) ? given : std::string();
  const auto person = interaction::person_with_number(view, given);
  return person.patient ? person.patient->id : std::string();
}

fhir::Tree encounter_of(const CareLine& line, const std::string& patient_id, const std::string& mark) {
  const auto& kind = *find_kind(line.kind);
  auto tree = fhir::Tree::of("Encounter");
  auto encounter = tree.edit();
  if (line.visits != 1) {
    auto extension = encounter.add("extension");
    extension.set("url", codes::kVisits);
    extension.set("valuePositiveInt", std::to_string(line.visits));
  }
  auto identifier = encounter.add("identifier");
  identifier.set("system", codes::kCareFile);
  identifier.set("value", mark);
  encounter.set("status", "finished");
  auto act_class = encounter.ensure("class");
  act_class.set("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
  act_class.set("code", kind.act_class);
  add_reference(encounter, "subject", "Patient/" + patient_id);
  encounter.ensure("period").set("start", line.start);
  if (!line.end.empty()) encounter["period"].set("end", line.end);
  if (kind.is_stay) return tree;
  auto length = encounter.ensure("length");
  length.set("value", std::to_string(line.minutes));
  length.set("unit", "min");
  length.set("system", codes::kUcum);
  length.set("code", "min");
  return tree;
}

bool says_the_same(fhir::Element stored, fhir::Element made) {
  return stored["period"]["end"].value() == made["period"]["end"].value() &&
         stored["length"]["value"].value() == made["length"]["value"].value() &&
         stored.extension(codes::kVisits)["valuePositiveInt"].value() ==
             made.extension(codes::kVisits)["valuePositiveInt"].value() &&
         stored["status"].value() == made["status"].value();
}

Result<bool> store_line(interaction::Act& act, const CareLine& line, const std::string& patient_id,
                        const std::string& mark) {
  auto made = encounter_of(line, patient_id, mark);
  for (const auto key : act.by_identifier(kEncounter, codes::kCareFile, mark)) {
    const auto stored = act.tree(key);
    if (!stored) continue;
    if (says_the_same(stored->root(), made.root())) return false;
    return act.update(made.edit(), std::string(stored->root()["id"].value())).map([](const auto&) { return true; });
  }
  return act.create(made.edit()).map([](const auto&) { return true; });
}

}  // namespace

Result<std::vector<CareLine>> read_care_file(std::string_view text) {
  if (text.size() > kMostBytes)
    return fail(Fault::too_large,
                fmt::format("Filen er større enn {0} byte. | The file is larger than {0} bytes.", kMostBytes));
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const char separator = separator_of(text.substr(0, text.find('\n')));
  Problems problems;
  std::size_t line = 1;
  const auto places = places_in(take_record(text, separator, line), problems);
  if (!places) return problems.failure();
  std::vector<CareLine> lines;
  LineReader reader(*places, problems);
  while (!text.empty()) {
    const auto number = line;
    const auto fields = take_record(text, separator, line);
    if (fields.size() == 1 && fields.front().empty()) continue;
    if (lines.size() == kMostLines) {
      problems.add(number, fmt::format("flere enn {} linjer: del filen", kMostLines),
                   fmt::format("more than {} lines: divide the file", kMostLines));
      break;
    }
    reader.read(fields, number, lines);
  }
  if (!problems.none()) return problems.failure();
  return lines;
}

Result<CareCount> store_care(interaction::Act& act, const std::vector<CareLine>& lines) {
  Problems problems;
  std::map<std::string, std::size_t> seen;
  CareCount count;
  for (const auto& line : lines) {
    const auto patient_id = patient_id_of(act, line.patient);
    if (patient_id.empty()) {
      problems.add(line.line, "pasienten finnes ikke her", "the patient is not known here");
      continue;
    }
    const auto mark = fmt::format("{}/{}/{}", patient_id, line.kind, line.start);
    if (const auto [first, is_new] = seen.emplace(mark, line.line); !is_new) {
      problems.add(line.line, fmt::format("samme pasient, type og fra som linje {}", first->second),
                   fmt::format("the same patient, kind and start as line {}", first->second));
      continue;
    }
    if (!problems.none()) continue;  // nothing of it is stored
    const auto is_news = store_line(act, line, patient_id, mark);
    FHIR_TRY(is_news);
    ++(*is_news ? count.stored : count.known);
  }
  if (!problems.none()) return problems.failure();
  return count;
}

}  // namespace varde::followup
