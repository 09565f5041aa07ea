#pragma once
/// @file adapters/epj/vkp.h
/// The journal of a municipal EPJ as the national welfare technology hub (VKP) takes it: a document Bundle is posted to
/// `…/epj/r4/{organisation number}/bundle` with the header `ServiceCodes: dho`. The same document carries the same id
/// (X-Request-Id and Bundle.identifier), so that a repetition is recognised.
/// Source: ../../server/messaging/README.md, "Letters"; the hub's sample of journaling. Any thread, one at a time.
#include <string>

#include "adapters/transport.h"

namespace varde::adapters {

class VkpSender final : public Sender {
 public:
  /// https, or http on this machine.
  explicit VkpSender(std::string address) : address_(std::move(address)) {}
  /// The receipt is the status and, where the EPJ gives one, the Location.
  /// Faults: busy (no connection, 401, 403, 404, 408, 429, 5xx), not_supported (it refuses the document: other 4xx).
  Result<TransportReceipt> send(const Outgoing&) override;

 private:
  std::string address_;
};

}  // namespace varde::adapters
