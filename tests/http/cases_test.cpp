/// Behaviour as text: every file below tests/cases is a conversation with a fresh server. See tests/cases/README.md.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "server/followup/followup.h"
#include "server/operation/operations.h"
#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

namespace fs = std::filesystem;

fs::path cases_directory() {
  const char* source = std::getenv("VARDE_SOURCE");
  return (source ? fs::path(source) : fs::current_path()) / "tests/cases";
}

std::vector<fs::path> case_files() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(cases_directory()))
    if (entry.path().extension() == ".http") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

struct Exchange {
  std::string title;
  int line = 0;
  std::string method, target;
  Headers headers;
  std::string body;
  std::vector<std::string> expected;  ///< the first is the status
};

/// "@repeat 3 ab" -> ababab, "@bytes C3 28" -> those bytes; anything else is itself and a line end.
std::string body_line(const std::string& line) {
  std::istringstream in(line);
  std::string word, out;
  in >> word;
  if (word == "@repeat") {
    std::size_t times;
    std::string text;
    in >> times >> text;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
  }
  if (word == "@bytes") {
    while (in >> word) out += static_cast<char>(std::stoi(word, nullptr, 16));
    return out;
  }
  return line + "\n";
}

std::vector<Exchange> read(const fs::path& path) {
  std::vector<Exchange> out;
  std::ifstream file(path);
  std::string line;
  enum { outside, start, headers, body, expected } part = outside;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.starts_with("### ")) {
      out.push_back({line.substr(4), number, {}, {}, {}, {}, {}});
      part = start;
    } else if (part == outside || line.starts_with("# ")) {
      continue;
    } else if (line == "----") {
      part = expected;
    } else if (part == start && !line.empty()) {
      const std::size_t blank = line.find(' ');
      out.back().method = line.substr(0, blank), out.back().target = line.substr(blank + 1);
      part = headers;
    } else if (part == headers) {
      if (line.empty())
        part = body;
      else
        out.back().headers.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(':') + 2));
    } else if (part == body) {
      out.back().body += body_line(line);
    } else if (part == expected && !line.empty()) {
      out.back().expected.push_back(line);
    }
  }
  return out;
}

class Conversation {
 public:
  explicit Conversation(World& world) : world_(world) {}

  void hold(const Exchange& exchange) {
    SCOPED_TRACE("line " + std::to_string(exchange.line) + ": " + exchange.title);
    Headers headers;
    bool typed = false;
    for (const auto& [name, value] : exchange.headers) {
      headers.emplace_back(name, filled(value));
      typed = typed || name == "Content-Type";
    }
    std::string body = filled(exchange.body);
    while (body.ends_with('\n')) body.pop_back();
    if (!body.empty() && !typed) headers.emplace_back("Content-Type", "application/fhir+json");
    std::string target = filled(exchange.target);
    if (target.starts_with("http://varde.test")) target = target.substr(17);
    const Answer answer = world_.ask(exchange.method, target, headers, body);
    ASSERT_FALSE(exchange.expected.empty());
    EXPECT_EQ(std::to_string(answer.status), exchange.expected[0]) << answer.body;
    for (std::size_t i = 1; i < exchange.expected.size(); ++i) check(filled(exchange.expected[i]), answer);
  }

 private:
  std::string filled(std::string text) const {
    for (const auto& [name, value] : names_)
      for (std::size_t at; (at = text.find("{{" + name + "}}")) != std::string::npos;)
        text.replace(at, name.size() + 4, value);
    return text;
  }

  /// `$path = json`, `$path ~ regex`, `$path absent`, `$path size n`, `$path => name`, `link rel => name`,
  /// `body contains text`, `body lacks text`, `body empty`, `ids a b c`, `Header: value`, `Header ~ regex`, `Header
  /// absent`
  void check(const std::string& line, const Answer& answer) {
    static const std::regex kForm(R"(^(\S+)\s+(=>|=|~|absent|size|contains|lacks|empty)\s*(.*)$)");
    std::smatch parts;
    if (line.starts_with("link ")) {
      const std::size_t arrow = line.find(" => ");
      names_[line.substr(arrow + 4)] = link(answer.body, line.substr(5, arrow - 5));
      EXPECT_FALSE(names_[line.substr(arrow + 4)].empty()) << line << "\n" << answer.body;
    } else if (line.starts_with("no link ")) {
      EXPECT_EQ(link(answer.body, line.substr(8)), "") << line;
    } else if (line == "ids" || line.starts_with("ids ")) {
      std::string found;
      for (const auto& id : match_ids(answer.body)) found += " " + id;
      EXPECT_EQ("ids" + found, line) << answer.body;
    } else if (line.starts_with("$") && std::regex_match(line, parts, kForm)) {
      check_path(parts[1].str().substr(1), parts[2], parts[3], answer);
    } else if (line.starts_with("body ")) {
      const std::string rest = line.substr(5);
      if (rest == "empty")
        EXPECT_EQ(answer.body, "");
      else if (rest.starts_with("contains "))
        EXPECT_NE(answer.body.find(rest.substr(9)), std::string::npos) << line << "\n" << answer.body;
      else if (rest.starts_with("lacks "))
        EXPECT_EQ(answer.body.find(rest.substr(6)), std::string::npos) << line << "\n" << answer.body;
      else
        ADD_FAILURE() << "not understood: " << line;
    } else {
      check_header(line, answer);
    }
  }

  void check_path(const std::string& path, const std::string& what, const std::string& value, const Answer& answer) {
    const std::string at = path.starts_with('.') ? path.substr(1) : path;
    const std::string found = json(answer.body, at);
    if (what == "=")
      EXPECT_EQ(found, value) << at << "\n" << answer.body;
    else if (what == "~")
      EXPECT_TRUE(std::regex_search(found, std::regex(value))) << at << " is " << found << ", not " << value;
    else if (what == "absent")
      EXPECT_EQ(found, "") << at;
    else if (what == "size")
      EXPECT_EQ(std::to_string(size_at(answer.body, at)), value) << at << "\n" << answer.body;
    else if (what == "=>")
      names_[value] = text_at(answer.body, at);
    else
      ADD_FAILURE() << "not understood: " << what;
  }

  void check_header(const std::string& line, const Answer& answer) {
    const auto find = [&](std::string name) {
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const auto found = answer.headers.find(name);
      return found == answer.headers.end() ? std::string() : found->second;
    };
    if (const std::size_t tilde = line.find(" ~ "); tilde != std::string::npos) {
      EXPECT_TRUE(std::regex_search(find(line.substr(0, tilde)), std::regex(line.substr(tilde + 3))))
          << line << " but is " << find(line.substr(0, tilde));
    } else if (line.ends_with(" absent")) {
      EXPECT_EQ(find(line.substr(0, line.size() - 7)), "");
    } else if (const std::size_t arrow = line.find(" => "); arrow != std::string::npos) {
      names_[line.substr(arrow + 4)] = find(line.substr(0, arrow));
    } else {
      const std::size_t colon = line.find(": ");
      ASSERT_NE(colon, std::string::npos) << "not understood: " << line;
      EXPECT_EQ(find(line.substr(0, colon)), line.substr(colon + 2)) << line;
    }
  }

  World& world_;
  std::map<std::string, std::string> names_;
};

class Cases : public ::testing::TestWithParam<fs::path> {};

TEST_P(Cases, hold) {
  World::Options options;
  options.wire.body_bytes = 1u << 20;
  for (const auto some :
       {operation::resource_operations(), operation::terminology_operations(), operation::followup_operations()})
    options.operations.insert(options.operations.end(), some.begin(), some.end());
  followup::FollowUp followup;
  World world(options);
  world.store->add_effect(followup);
  Conversation conversation(world);
  const auto exchanges = read(GetParam());
  ASSERT_FALSE(exchanges.empty()) << "no exchange in " << GetParam();
  for (const Exchange& exchange : exchanges) conversation.hold(exchange);
  EXPECT_EQ(world.log(), "");
}

INSTANTIATE_TEST_SUITE_P(, Cases, ::testing::ValuesIn(case_files()), [](const auto& file) {
  std::string name = fs::relative(file.param, cases_directory()).replace_extension().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace varde::test
