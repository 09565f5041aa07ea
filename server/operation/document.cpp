/// Composition/[id]/$document, Composition/$document: a document as one Bundle, the Composition first and then all that
/// it refers to. Source: https://hl7.org/fhir/R4/composition-operation-document.html,
/// https://hl7.org/fhir/R4/documents.html#content
///   id       at the type: which Composition
///   persist  true: the Bundle is stored as well
/// What stands elsewhere than here is referred to, and left out; what stood here and does not any more is refused: a
/// document that says half is worse than none.
#include <set>

#include "fhir-model/element/reference.h"
#include "fhir-model/json/json.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/interaction/write.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

const fhir::TypeId kComposition = fhir::find_resource_type("Composition");
constexpr std::size_t kMostEntries = 1000;

/// Gathers the document's resources, in the order in which they are referred to.
class Document {
 public:
  Document(const View& view, const std::string& base) : view_(view), base_(base), tree_(fhir::Tree::of("Bundle")) {
    auto bundle = tree_.edit();
    auto identifier = bundle.ensure("identifier");
    identifier.set("system", "urn:ietf:rfc:3986");
    identifier.set("value", "urn:uuid:" + view.new_id());
    bundle.set("type", "document");
    bundle.set("timestamp", interaction::fhir_instant(view.now()));
  }

  Result<void> add(storage::Version version) {
    if (!seen_.insert(version.key).second) return {};
    if (seen_.size() > kMostEntries)
      return fail(Fault::too_costly, "the document would have more than 1000 entries", "Composition");
    view_.budget().take(version.bytes.size());
    FHIR_TRY(view_.budget().within());
    const auto resource = View::tree(version);
    auto entry = tree_.edit().add("entry");
    entry.set("fullUrl", base_ + "/" + std::string(fhir::row_of(version.type).name) + "/" + version.id);
    entry.add_copy("resource", resource.root());
    return follow(resource.root());
  }

  fhir::Editor bundle() { return tree_.edit(); }

 private:
  Result<void> follow(fhir::Element element) {
    if (element.name() != "reference" || !element.has_value()) {
      for (const auto child : element.children()) FHIR_TRY(follow(child));
      return {};
    }
    const auto parsed = fhir::parse_reference(element.value());
    const auto id = parsed.type == fhir::TypeId::none ? "" : view_.own_id(element.value(), parsed.type);
    if (id.empty()) return {};
    auto version = interaction::find_live(view_, parsed.type, id);
    if (!version)
      return fail(Fault::business_rule, "the document refers to what is not here: " + element.path(), element.path());
    return add(std::move(*version));
  }

  const View& view_;
  const std::string& base_;
  fhir::Tree tree_;
  std::set<storage::ResourceKey> seen_;
};

struct Asked {
  std::string id;  ///< of the Composition
  bool persist;
};

/// At the type the parameter `id` says which Composition: its id, or its address.
Result<Asked> asked_by(const Request& request, const View& view) {
  const bool names_it = request.id.empty();
  const auto input = names_it ? Input::read(request, {"id", "persist"}) : Input::read(request, {"persist"});
  FHIR_TRY(input);
  auto persist = input->flag("persist");
  FHIR_TRY(persist);
  if (!names_it) return Asked{request.id, *persist};
  const auto named = input->one("id");
  if (!named) return fail(Fault::required_missing, "Say which Composition: id=[id], or its address here.", "id");
  const std::string_view text = *named;
  const auto id = view.own_id(text.find('/') == text.npos ? "Composition/" + std::string(text) : text, kComposition);
  if (id.empty())
    return fail(Fault::not_supported,
                "A Composition that is not here is not made a document of: ask the server it is on.", "id");
  return Asked{id, *persist};
}

Result<Document> document_of(const Asked& asked, const std::string& base, const View& view) {
  auto composition = interaction::find_live(view, kComposition, asked.id);
  FHIR_TRY(composition);
  Document document(view, base);
  FHIR_TRY(document.add(std::move(*composition)));
  return document;
}

}  // namespace

Result<Response> document(const Request& request, const View& view, const Context&) {
  const auto asked = asked_by(request, view);
  FHIR_TRY(asked);
  if (asked->persist) return fail(Fault::not_supported, "GET changes nothing: send persist by POST", "persist");
  auto made = document_of(*asked, request.base, view);
  FHIR_TRY(made);
  return interaction::answer_with(made->bundle());
}

Result<interaction::Work> document_kept(const Request& request, const Context&, const interaction::Reads& read) {
  auto asked = read([&](const View& view) { return asked_by(request, view); });
  FHIR_TRY(asked);
  return [&request, asked = std::move(*asked)](interaction::Act& act) -> Result<Response> {
    auto made = document_of(asked, request.base, act);
    FHIR_TRY(made);
    Response response;
    if (asked.persist) {
      const auto stored = interaction::create_in(act, made->bundle(), {});
      FHIR_TRY(stored);
      response.location = request.base + "/Bundle/" + stored->version.id;
    }
    response.body = fhir::to_json(made->bundle());
    return response;
  };
}

}  // namespace varde::operation
