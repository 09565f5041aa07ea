#pragma once
/// What clients send to the real server, and what came of it.
#include <filesystem>
#include <map>
#include <string>

namespace varde::test {

std::string uuid(const char* kind, int number);
/// A red reading of SpO2, with its number as identifier, of Patient/p0 … p3 by turns.
std::string observation(int number);
/// A referral (HELSEOPPL_SOKNAD, PLO 1.6) of a fictitious patient with a synthetic identity number.
std::string referral(const std::string& msg_id);
/// Patient/p0 … p3, followed up, with limits for SpO2.
void enrol(int port);
/// Number of matches, by _total=accurate.
int count(int port, const std::string& search);
/// AppRec files in the outbound folder, by the MsgId they answer.
std::map<std::string, int> apprecs(const std::filesystem::path& outbound);

}  // namespace varde::test
