#pragma once
/// @file mappings/msghead/checks.h
/// What is checked of an envelope before anything is done with its content, in order. Failures go to Message::failures.
#include "mappings/message.h"

namespace varde::mappings::msghead {

/// `schema`: what the reader found. A check that cannot say more than the schema already said keeps silent.
void check(Message& message, std::vector<Failure> schema);

/// 8-4-4-4-12 hexadecimal digits, either case.
bool is_uuid(std::string_view text);

}  // namespace varde::mappings::msghead
