#include "server/messaging/bundle_writer.h"

#include "fhir-model/validation/validation.h"

namespace varde::messaging {
namespace {

constexpr std::string_view kUuid = "urn:uuid:";
int turn(const BundleWriter::Entry& entry) {
  const auto type = entry.resource.root().type_name();
  return type == "Patient" ? 0 : type == "Communication" ? 2 : 1;
}

}  // namespace

BundleWriter::BundleWriter(const fhir::Tree& bundle) {
  for (const fhir::Element entry : bundle.root().each("entry"))
    entries_.push_back({std::string(entry["fullUrl"].value()), fhir::Tree::copy_of(entry["resource"])});
  entries_.sort([](const Entry& a, const Entry& b) { return turn(a) < turn(b); });
}

BundleWriter::Entry* BundleWriter::first(std::string_view type) {
  for (auto& entry : entries_)
    if (entry.resource.root().type_name() == type) return &entry;
  return nullptr;
}

void BundleWriter::number(const storage::Snapshot& db, const interaction::Store& store) {
  for (auto& entry : entries_) {
    std::string_view uuid = entry.full_url;
    if (uuid.starts_with(kUuid)) uuid.remove_prefix(kUuid.size());
    // The UUID comes from the MsgId, which another sender may have used too: never write over what is there.
    const bool is_free = fhir::is_id(uuid) && !db.current(entry.resource.root().type(), uuid);
    entry.id = is_free ? std::string(uuid) : store.new_id();
  }
}

void BundleWriter::make_local(fhir::Editor editor) const {
  for (const fhir::Element child : editor.children()) {
    fhir::Editor place = editor.edit(child);
    if (child.has_value() && child.value().starts_with(kUuid) && (child.name() == "reference" || child.name() == "url")) {
      for (const auto& entry : entries_)
        if (entry.full_url == child.value()) {
          place.set_value(std::string(entry.resource.root().type_name()) + "/" + entry.id);
          break;
        }
    }
    make_local(place);
  }
}

Result<void> BundleWriter::write(Entry& entry, storage::Transaction& transaction, interaction::Store& store) {
  if (entry.fate == Entry::Fate::leave) return {};
  make_local(entry.resource.edit());
  const auto written = entry.fate == Entry::Fate::replace ? store.update(transaction, entry.resource.edit(), entry.id)
                                                          : store.create(transaction, entry.resource.edit(), entry.id);
  if (!written) return tl::unexpected<Failure>(written.error());
  entry.fate = Entry::Fate::leave;
  return {};
}

Result<void> BundleWriter::write(storage::Transaction& transaction, interaction::Store& store) {
  for (auto& entry : entries_)
    if (auto written = write(entry, transaction, store); !written) return written;
  return {};
}

}  // namespace varde::messaging
