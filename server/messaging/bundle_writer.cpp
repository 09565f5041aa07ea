#include "server/messaging/bundle_writer.h"

#include "fhir-model/validation/validation.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kUuid = "urn:uuid:";
int turn(const BundleWriter::Entry& entry) {
  const auto type = entry.resource.root().type_name();
  return type == "Patient" ? 0 : type == "Communication" ? 2 : 1;
}

std::string local(const BundleWriter::Entry& entry) {
  return std::string(entry.resource.root().type_name()) + "/" + entry.id;
}

/// As Tree::copy_of, but what a Binary holds, which may be large, stays where it is.
fhir::Tree apart(fhir::Element resource) {
  if (resource.type_name() != "Binary") return fhir::Tree::copy_of(resource);
  auto tree = fhir::Tree::of("Binary");
  for (const fhir::Element child : resource.children()) {
    if (child.name() != "data")
      tree.edit().add_copy(child.name(), child);
    else
      tree.set_text(tree.edit().add("data", "").node(), child.value());
  }
  return tree;
}

}  // namespace

BundleWriter::BundleWriter(fhir::Tree bundle) : bundle_(std::move(bundle)) {
  for (const fhir::Element entry : bundle_.root().each("entry"))
    entries_.push_back({std::string(entry["fullUrl"].value()), apart(entry["resource"])});
  entries_.sort([](const Entry& a, const Entry& b) { return turn(a) < turn(b); });
}

BundleWriter::Entry* BundleWriter::first(std::string_view type) {
  for (auto& entry : entries_)
    if (entry.resource.root().type_name() == type) return &entry;
  return nullptr;
}

void BundleWriter::number(const interaction::View& view) {
  for (auto& entry : entries_) {
    std::string_view uuid = entry.full_url;
    if (uuid.starts_with(kUuid)) uuid.remove_prefix(kUuid.size());
    // The UUID comes from the MsgId, which another sender may have used too: never write over what is there.
    const bool is_free = fhir::is_id(uuid) && !view.current(entry.resource.root().type(), uuid);
    entry.id = is_free ? std::string(uuid) : view.new_id();
  }
}

void BundleWriter::file_only(std::string_view document_status) {
  for (auto& entry : entries_) {
    const auto type = entry.resource.root().type_name();
    if (type == "DocumentReference" && !document_status.empty()) entry.resource.edit().set("status", document_status);
    if (entry.fate == Entry::Fate::create && type != "Communication" && type != "DocumentReference" && type != "Binary")
      entry.fate = Entry::Fate::drop;
  }
}

std::vector<std::string> BundleWriter::replacing() const {
  std::vector<std::string> found;
  for (const auto& entry : entries_)
    if (entry.fate == Entry::Fate::replace) found.push_back(local(entry));
  return found;
}

const BundleWriter::Entry* BundleWriter::entry_of(std::string_view full_url) const {
  for (const auto& entry : entries_)
    if (entry.full_url == full_url) return &entry;
  return nullptr;
}

/// References mean what the server holds; those to what is not written go, with the element that held nothing else.
void BundleWriter::make_local(fhir::Editor editor) const {
  const auto range = editor.children();
  for (const fhir::Element child : std::vector<fhir::Element>(range.begin(), range.end())) {
    fhir::Editor place = editor.edit(child);
    const bool refers =
        child.has_value() && child.value().starts_with(kUuid) && (child.name() == "reference" || child.name() == "url");
    if (const auto* entry = refers ? entry_of(child.value()) : nullptr) {
      if (entry->fate == Entry::Fate::drop)
        editor.remove_child(child);
      else
        place.set_value(local(*entry));
      continue;
    }
    if (child.children().empty()) continue;
    make_local(place);
    if (place.children().empty() && !place.has_value()) editor.remove_child(child);
  }
}

Result<void> BundleWriter::write(Entry& entry, interaction::Act& act) {
  if (entry.fate == Entry::Fate::leave || entry.fate == Entry::Fate::drop) return {};
  make_local(entry.resource.edit());
  const auto written = entry.fate == Entry::Fate::replace ? act.update(entry.resource.edit(), entry.id)
                                                          : act.create(entry.resource.edit(), entry.id);
  FHIR_TRY(written);
  entry.fate = Entry::Fate::leave;
  written_.push_back(local(entry));
  return {};
}

Result<void> BundleWriter::write(interaction::Act& act) {
  for (auto& entry : entries_)
    if (auto written = write(entry, act); !written) return written;
  // What was large is stored, and nobody looks at it again.
  for (auto& entry : entries_)
    if (entry.resource.root().type_name() == "Binary") entry.resource = fhir::Tree::of("Binary");
  bundle_ = fhir::Tree::of("Bundle");
  return {};
}

}  // namespace varde::messaging
