/// Behaviour as text: every file here is a conversation with a fresh installation. See README.md.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <sstream>
#include <thread>

#include "server/command/instance.h"
#include "tests/http/support/client.h"
#include "tests/http/support/json.h"
#include "tests/support/engine.h"

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

/// Everything that `varde serve` wires, in a directory of its own.
class Installation {
 public:
  Installation() {
    std::string name = (fs::temp_directory_path() / "varde-case-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    directory_ = name;
    command::Config config;
    config.listen_port = 0;
    config.data = directory_ / "data";
    config.postgresql = on_engine({.directory = config.data}).server;
    config.public_base = "http://varde.test/fhir";
    config.hosts = {"x"};
    config.body_bytes = 1u << 20, config.message_bytes = 1u << 20;
    instance_ = std::make_unique<command::Instance>(config, [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_ += line, log_ += '\n';
    });
    instance_->start();
  }
  ~Installation() {
    instance_.reset();
    fs::remove_all(directory_);
  }
  std::uint16_t port() const { return instance_->port(); }
  std::string log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  fs::path directory_;
  mutable std::mutex mutex_;
  std::string log_;
  std::unique_ptr<command::Instance> instance_;
};

/// Lines of the log but those that say that a message has come, or resources were indexed.
std::string unexpected(const std::string& log) {
  std::string lines;
  std::istringstream all(log);
  for (std::string line; std::getline(all, line);)
    if (const bool told = line.starts_with("indexed ") ||
                          (line.starts_with("message ") && line.find(": received, ") != std::string::npos);
        !told)
      lines += line + "\n";
  return lines;
}

/// One file's exchanges, in their order: each goes on from what those before it did.
class Conversation {
 public:
  explicit Conversation(std::vector<Exchange> exchanges) : exchanges_(std::move(exchanges)) {}
  const std::vector<Exchange>& exchanges() const { return exchanges_; }

  /// The exchange, and those before it that did not take place yet.
  void reach(std::size_t exchange) {
    if (!installation_) installation_ = std::make_unique<Installation>();
    while (next_ <= exchange) hold(exchanges_[next_++]);
  }
  void end() {
    ASSERT_TRUE(installation_);
    EXPECT_EQ(unexpected(installation_->log()), "");
    installation_.reset();
  }

 private:
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
    ASSERT_FALSE(exchange.expected.empty());
    std::string status = exchange.expected[0];
    const bool soon = status.ends_with(" soon");
    if (soon) status.resize(status.size() - 5);
    Answer answer = Client(installation_->port()).ask(exchange.method, target, headers, body);
    for (int time = 0; soon && std::to_string(answer.status) != status && time < 500; ++time) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      answer = Client(installation_->port()).ask(exchange.method, target, headers, body);
    }
    EXPECT_EQ(std::to_string(answer.status), status) << answer.body;
    for (std::size_t i = 1; i < exchange.expected.size(); ++i) check(filled(exchange.expected[i]), answer);
  }

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

  std::vector<Exchange> exchanges_;
  std::size_t next_ = 0;
  std::unique_ptr<Installation> installation_;
  std::map<std::string, std::string> names_;
};

class Case : public ::testing::Test {
 public:
  Case(Conversation& conversation, std::size_t exchange) : conversation_(conversation), exchange_(exchange) {}
  void TestBody() override {
    conversation_.reach(exchange_);
    if (exchange_ + 1 == conversation_.exchanges().size()) conversation_.end();
  }

 private:
  Conversation& conversation_;
  std::size_t exchange_;
};

std::string test_name(std::string title) {
  for (char& c : title)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return title;
}

/// A suite per file, a test per exchange, each by its own title.
void register_cases(std::vector<std::unique_ptr<Conversation>>& conversations) {
  for (const fs::path& file : case_files()) {
    auto& conversation = *conversations.emplace_back(std::make_unique<Conversation>(read(file)));
    const std::string suite = file.stem().string();
    if (conversation.exchanges().empty()) throw std::runtime_error("no exchange in " + file.string());
    for (std::size_t i = 0; i < conversation.exchanges().size(); ++i) {
      const Exchange& exchange = conversation.exchanges()[i];
      ::testing::RegisterTest(suite.c_str(), test_name(exchange.title).c_str(), nullptr, nullptr, file.c_str(),
                              exchange.line, [&conversation, i]() -> Case* { return new Case(conversation, i); });
    }
  }
}

}  // namespace
}  // namespace varde::test

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  std::vector<std::unique_ptr<varde::test::Conversation>> conversations;
  varde::test::register_cases(conversations);
  return RUN_ALL_TESTS();
}
