#include "mappings/reader/reader.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "mappings/reader/parser.h"

namespace varde::mappings {
namespace {

/// Xerces wants one start for the process; it is never stopped, the system takes back what it holds.
void start_xerces() {
  static const bool started = [] {
    xercesc::XMLPlatformUtils::Initialize();
    return true;
  }();
  (void)started;
}

KnownNames names_of(const std::vector<SchemaText>& schemas) {
  constexpr std::string_view mark = " name=\"";
  KnownNames names;
  for (const SchemaText& schema : schemas)
    for (auto at = schema.text.find(mark); at != std::string::npos; at = schema.text.find(mark, at)) {
      at += mark.size();
      names.emplace(schema.text, at, schema.text.find('"', at) - at);
    }
  return names;
}

}  // namespace

struct XmlReader::Pool {
  explicit Pool(std::vector<SchemaText> texts) : schemas(std::move(texts)), names(names_of(schemas)) {}

  /// A parser for as long as the object lives.
  class Lease {
   public:
    explicit Lease(Pool& pool) : pool_(pool) {
      std::unique_lock lock(pool.mutex);
      pool.returned.wait(lock, [&] { return !pool.idle.empty() || pool.in_use < pool.most; });
      ++pool.in_use;
      if (pool.idle.empty()) return;
      parser_ = std::move(pool.idle.back());
      pool.idle.pop_back();
    }
    ~Lease() {
      {
        const std::lock_guard lock(pool_.mutex);
        --pool_.in_use;
        if (parser_ && !parser_->worn_out()) pool_.idle.push_back(std::move(parser_));
      }
      pool_.returned.notify_one();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Parser& operator*() {
      if (!parser_) parser_ = Parser::compile(pool_.schemas, pool_.names);
      return *parser_;
    }

   private:
    Pool& pool_;
    std::unique_ptr<Parser> parser_;
  };

  const std::vector<SchemaText> schemas;
  const KnownNames names;
  const std::size_t most = std::max(2u, std::thread::hardware_concurrency());
  std::mutex mutex;
  std::condition_variable returned;
  std::size_t in_use = 0;
  std::atomic<std::uint64_t> readings = 0;
  std::vector<std::unique_ptr<Parser>> idle;
};

XmlReader::XmlReader(std::vector<SchemaText> schemas) {
  start_xerces();
  pool_ = std::make_unique<Pool>(std::move(schemas));
  pool_->idle.push_back(Parser::compile(pool_->schemas, pool_->names));
}

XmlReader::~XmlReader() = default;

Reading XmlReader::read(std::string_view bytes, std::size_t most_depth) const {
  ++pool_->readings;
  Pool::Lease parser(*pool_);
  return (*parser).read(bytes, most_depth);
}

std::uint64_t XmlReader::readings() const { return pool_->readings; }

const XmlReader& message_reader() {
  static const XmlReader reader(write_schemas(built_in_definitions()));
  return reader;
}

}  // namespace varde::mappings
