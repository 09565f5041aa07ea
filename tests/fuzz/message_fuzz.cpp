// libFuzzer target: whatever comes in as a message is read, answered and written without a crash, and what we
// write back can be read. Build and run: tests/fuzz/README.md.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mappings/check.h"
#include "mappings/message.h"

namespace {

using namespace varde::mappings;

[[noreturn]] void broken() { std::abort(); }

void read_and_answer(std::string_view bytes) {
  const Message message = read_message(bytes, {.bytes = 1u << 20, .depth = 100});
  if (message.acceptable() && !(message.well_formed && message.schema_valid)) broken();
  if (!message.well_formed && !message.document.name.empty()) broken();
  const auto receipt = answer(message, "6f1f1b0e-7a42-4c77-9d53-0f2a6d0c1c01", "2026-03-02T09:00:00Z");
  if (!receipt) return;
  if ((receipt->status == AppRecStatus::ok) != receipt->errors.empty()) broken();
  const Message back = read_message(write_apprec(*receipt));
  if (!back.schema_valid || !read_apprec(back)) broken();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_and_answer(bytes);
  (void)check("fuzz.xml", bytes, {});
  return 0;
}
