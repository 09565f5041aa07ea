/// $validate: what is wrong with a resource, and what could be better, without storing anything.
/// Source: https://hl7.org/fhir/R4/resource-operation-validate.html
#include <algorithm>
#include <array>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"
#include "server/interaction/answer.h"
#include "server/interaction/definitions.h"
#include "server/operation/asked_terms.h"
#include "server/operation/operations.h"

namespace varde::operation {
namespace {

using fhir::Element;
using interaction::Request;
using interaction::Response;

enum class Mode : std::uint8_t { none, create, update, remove, profile };

struct ModeRow {
  std::string_view code;  ///< of http://hl7.org/fhir/resource-validation-mode
  Mode mode;
};
constexpr std::array kModes{ModeRow{"create", Mode::create}, ModeRow{"update", Mode::update},
                            ModeRow{"delete", Mode::remove}, ModeRow{"profile", Mode::profile}};

constexpr std::size_t kMostLookups = 200;

struct Question {
  std::optional<fhir::Tree> resource = {};
  Mode mode = Mode::none;
  fhir::Asked asked = {.vital_signs = true};
  std::vector<Failure> wrong = {};  ///< in the structure of what was sent
  bool is_body = false;             ///< the resource is the body itself, where its lines and columns are
};

Result<void> take_mode(std::string_view code, Question& question) {
  const auto found = std::ranges::find(kModes, code, &ModeRow::code);
  if (found == kModes.end())
    return fail(Fault::parameter_malformed, "mode is create, update, delete or profile.", "mode");
  question.mode = found->mode;
  return {};
}

Result<void> take(std::string_view name, std::string_view value, std::string place, Question& question) {
  if (name == "mode") return take_mode(value, question);
  if (name == "profile") {
    question.asked.profiles.emplace_back(value);
    return {};
  }
  if (name == "_format" || name == "_pretty") return {};
  return fail(Fault::parameter_unknown, "$validate takes resource, mode and profile.", std::move(place));
}

/// A Parameters resource brings the question; unless Parameters themselves are what is to be validated.
bool is_question(Element root, fhir::TypeId asked_type) {
  if (root.type_name() != "Parameters") return false;
  if (asked_type != root.type()) return true;
  return std::ranges::any_of(root.each("parameter"), [](Element p) { return p["name"].value() == "resource"; });
}

Result<void> take_parameters(Element root, Question& question) {
  for (const Element parameter : root.each("parameter")) {
    const std::string_view name = parameter["name"].value();
    if (name == "resource") {
      if (!parameter["resource"])
        return fail(Fault::parameter_malformed, "The parameter resource holds the resource itself.", parameter.path());
      question.resource = fhir::Tree::copy_of(parameter["resource"]);
    } else if (auto taken = take(name, parameter.choice("value").value(), parameter.path(), question); !taken) {
      return taken;
    }
  }
  return {};
}

/// What stands in the body is wrong, rather than how it was sent: an answer to the question, not a refusal of it.
bool is_about_the_resource(Fault fault) { return row_of(fault).http_status == 400; }

/// As far as it can be read: what is wrong in its structure goes to `wrong`, and the rest is looked at all the same.
Result<fhir::Tree> read_body(const Request& request, std::vector<Failure>& wrong) {
  auto body = interaction::parse_body(request);
  if (body || !is_about_the_resource(body.error().fault)) return body;
  auto rest = interaction::is_json(request) ? fhir::parse_json(request.body, {}, wrong)
                                            : fhir::parse_xml(request.body, {}, wrong);
  if (rest && !wrong.empty()) return rest;
  wrong.clear();
  return body;
}

Result<Question> read_question(const Request& request) {
  Question question;
  for (const auto& [name, value] : request.query) FHIR_TRY(take(name, value, name, question));
  if (request.body.empty()) return question;
  auto body = read_body(request, question.wrong);
  FHIR_TRY(body);
  if (!is_question(body->root(), request.type)) {
    question.resource = std::move(*body);
    question.is_body = true;
  } else {
    FHIR_TRY(take_parameters(body->root(), question));
  }
  return question;
}

/// The stored resource, where the question is about that.
Result<fhir::Tree> stored(const Request& request, const interaction::View& view) {
  auto tree = view.tree(request.type, request.id);
  if (!tree)
    if (const auto own = interaction::definition_of(request.type, request.id)) tree = interaction::View::tree(*own);
  if (!tree) return tl::unexpected<Failure>(interaction::not_found(request.type));
  return std::move(*tree);
}

/// The StructureDefinition of that url that was stored last.
std::optional<fhir::Tree> stored_profile(std::string_view url, const Request& request, const interaction::View& view) {
  static const fhir::TypeId kType = fhir::find_type("StructureDefinition");
  return interaction::stored_by_url(kType, url, {}, request.base, view);
}

/// Rules of the interaction that the mode speaks of.
void check_mode(const Question& question, const Request& request, std::vector<Failure>& findings) {
  const Element root = question.resource->root();
  const std::string name(root.type_name());
  if (request.type != fhir::TypeId::none && root.type() != request.type)
    findings.push_back(
        {Fault::value_malformed,
         "The URL says " + std::string(fhir::row_of(request.type).name) + ", the resource says " + name + ".", name});
  const std::string_view id = root["id"].value();
  if (question.mode == Mode::update && id.empty())
    findings.push_back({Fault::required_missing, "An update needs the resource's id.", name + ".id"});
  if (question.mode == Mode::update && !request.id.empty() && !id.empty() && id != request.id)
    findings.push_back({Fault::id_mismatch, "The id of the resource is not the one in the URL.", name + ".id"});
}

Response answer(const Question& question, const Request& request, std::vector<Failure> findings) {
  Response out;
  if (findings.empty()) {
    out.body = interaction::informational_outcome("No problems were found.");
    return out;
  }
  Failure all = fhir::as_one(std::move(findings));
  if (question.is_body) interaction::locate(request, all);
  out.body = interaction::outcome_json(all);
  return out;
}

}  // namespace

Result<Response> validate(const Request& request, const interaction::View& view, const interaction::Context& context) {
  auto question = read_question(request);
  if (!question) {
    Failure& refused = question.error();
    const bool about_parameters =
        refused.fault == Fault::parameter_malformed || refused.fault == Fault::parameter_unknown;
    if (about_parameters || !is_about_the_resource(refused.fault)) return tl::unexpected<Failure>(std::move(refused));
    Response out;
    out.body = interaction::outcome_json(refused);
    return out;
  }
  if (!question->resource || question->mode == Mode::remove) {
    if (request.id.empty())
      return fail(Fault::required_missing, "Send the resource to validate, as the body or as the parameter resource.",
                  "resource");
    auto found = stored(request, view);
    FHIR_TRY(found);
    if (question->mode == Mode::remove) return answer(*question, request, {});
    question->resource = std::move(*found);
  }
  std::size_t looked_up = 0;  // a resource may name any number of profiles and extensions
  const fhir::Profiles known(context.profiles, [&](std::string_view url) {
    return ++looked_up > kMostLookups ? std::nullopt : stored_profile(url, request, view);
  });
  std::vector<Failure> findings = std::move(question->wrong);
  const auto is_known = [&,
                         structural = findings.size()](const Failure& found) {  // it is not missing: it is unreadable
    return std::any_of(findings.begin(), findings.begin() + static_cast<std::ptrdiff_t>(structural),
                       [&](const Failure& wrong) { return wrong.expression == found.expression; });
  };
  check_mode(*question, request, findings);
  for (Failure& found : fhir::validate(question->resource->root(), known, question->asked, fhir::Report::everything,
                                       request.budget.get()))
    if (!is_known(found)) findings.push_back(std::move(found));
  FHIR_TRY(request.budget->within());
  return answer(*question, request, std::move(findings));
}

}  // namespace varde::operation
