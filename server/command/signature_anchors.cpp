#include "server/command/signature_anchors.h"

#include "server/command/files.h"

namespace varde::command {

Result<std::shared_ptr<const mappings::signature::Anchors>> signature_anchors_of(const Config& config) {
  if (config.signature_anchors.empty()) return nullptr;
  const auto named = [&](const Failure& failure) {
    return fail(Fault::parameter_malformed,
                "signature-anchors: " + config.signature_anchors + ": " + failure.diagnostics);
  };
  const auto pem = read_file(config.signature_anchors);
  if (!pem) return named(pem.error());
  auto anchors = mappings::signature::Anchors::from_pem(*pem);
  if (!anchors) return named(anchors.error());
  return std::make_shared<const mappings::signature::Anchors>(std::move(*anchors));
}

}  // namespace varde::command
