// Plans as bytes.
#include <cstring>
#include <type_traits>

#include "engine.hpp"

namespace standin {
namespace {

constexpr char magic[8] = {'T', 'R', 'T', 's', 't', 'a', 'n', 'd'};

struct Header {
  char mark[8];
  int64_t version;
  uint64_t size, hash;
};

uint64_t hash_of(const char* data, size_t size) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < size; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, data + i, size - i < 8 ? size - i : 8);
    hash = (hash ^ word) * 0x100000001b3;
    hash ^= hash >> 29;
  }
  return hash;
}

// Reads or writes the parts of a structure, in the order of a plan.
template <class Io, class T>
void parts(Io& io, T& t);

struct Out {
  std::vector<char> bytes;

  void raw(const void* data, size_t size) {
    const auto* c = static_cast<const char*>(data);
    bytes.insert(bytes.end(), c, c + size);
  }
  template <class T>
  void operator()(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    raw(&value, sizeof value);
  }
  void operator()(const std::string& s) {
    (*this)(s.size());
    raw(s.data(), s.size());
  }
  template <class T>
  void operator()(const std::vector<T>& list) {
    (*this)(list.size());
    for (const T& item : list) (*this)(item);
  }
  template <class V>
  void operator()(const std::map<std::string, V>& map) {
    (*this)(map.size());
    for (const auto& [key, value] : map) {
      (*this)(key);
      (*this)(value);
    }
  }
  void operator()(const Weights& w) {
    (*this)(w.type);
    (*this)(w.count);
    if (w.count == 0) return;
    bytes.resize((bytes.size() + 63) / 64 * 64);
    raw(w.values, static_cast<size_t>(w.count) * bytes_of(w.type));
  }
  void operator()(const Attribute& a) { parts(*this, a); }
  void operator()(const PluginField& f) { parts(*this, f); }
  void operator()(const Operation& o) { parts(*this, o); }
  void operator()(const Desc& d) { parts(*this, d); }
  void operator()(const Value& v) { parts(*this, v); }
  void operator()(const Profile& p) { parts(*this, p); }
};

struct In {
  const char* data;
  size_t size, at = 0;

  const char* raw(size_t n) {
    require(n <= size - at, "a plan ends early");
    at += n;
    return data + at - n;
  }
  template <class T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, raw(sizeof value), sizeof value);
  }
  size_t count() {
    size_t n;
    (*this)(n);
    require(n <= size, "a plan ends early");
    return n;
  }
  void operator()(std::string& s) {
    const size_t n = count();
    s.assign(raw(n), n);
  }
  template <class T>
  void operator()(std::vector<T>& list) {
    list.resize(count());
    for (T& item : list) (*this)(item);
  }
  template <class V>
  void operator()(std::map<std::string, V>& map) {
    for (size_t n = count(); n > 0; --n) {
      std::string key;
      (*this)(key);
      (*this)(map[key]);
    }
  }
  void operator()(Weights& w) {
    (*this)(w.type);
    (*this)(w.count);
    w.values = nullptr;
    if (w.count == 0) return;
    at = (at + 63) / 64 * 64;
    w.values = raw(static_cast<size_t>(w.count) * bytes_of(w.type));
  }

  void operator()(Attribute& a) { parts(*this, a); }
  void operator()(PluginField& f) { parts(*this, f); }
  void operator()(Operation& o) { parts(*this, o); }
  void operator()(Desc& d) { parts(*this, d); }
  void operator()(Value& v) { parts(*this, v); }
  void operator()(Profile& p) { parts(*this, p); }
};

template <class Io, class T>
void parts(Io& io, T& t) {
  using S = std::remove_const_t<T>;
  const auto each = [&](auto&... part) { (io(part), ...); };
  if constexpr (std::is_same_v<S, Attribute>)
    each(t.kind, t.integers_, t.numbers_);
  else if constexpr (std::is_same_v<S, PluginField>)
    each(t.name, t.type, t.length, t.data);
  else if constexpr (std::is_same_v<S, Operation>)
    each(t.kind, t.name, t.metadata, t.attributes, t.weights, t.inputs, t.outputs, t.recipe.name, t.recipe.version,
         t.recipe.space, t.recipe.fields, t.types, t.extents, t.workspace);
  else if constexpr (std::is_same_v<S, Desc>)
    each(t.type, t.dims);
  else if constexpr (std::is_same_v<S, Value>)
    each(t.name, t.desc, t.input, t.output, t.debug);
  else if constexpr (std::is_same_v<S, Profile>)
    each(t.by[0], t.by[1], t.by[2]);
  else
    each(t.name, t.verbosity, t.values, t.operations, t.inputs, t.outputs, t.profiles);
}

}  // namespace

std::vector<char> write_plan(const Plan& plan) {
  Out out;
  out.bytes.resize(sizeof(Header));
  parts(out, plan);
  Header header{{}, NV_TENSORRT_VERSION, out.bytes.size(), 0};
  std::memcpy(header.mark, magic, sizeof magic);
  header.hash = hash_of(out.bytes.data() + sizeof header, out.bytes.size() - sizeof header);
  std::memcpy(out.bytes.data(), &header, sizeof header);
  return std::move(out.bytes);
}

std::shared_ptr<const Plan> read_plan(const void* bytes, size_t size) {
  Header header{};
  require(bytes != nullptr && size >= sizeof header, "Serialization assertion failed: the plan is too short");
  std::memcpy(&header, bytes, sizeof header);
  require(std::memcmp(header.mark, magic, sizeof magic) == 0,
          "Serialization assertion magicTagRead == kMAGIC_TAG failed");
  require(header.version == NV_TENSORRT_VERSION,
          "The engine plan file is not compatible with this version of TensorRT, expecting library version " +
              std::to_string(NV_TENSORRT_VERSION) + " got " + std::to_string(header.version) + ", please rebuild");
  const auto* data = static_cast<const char*>(bytes);
  require(header.size == size && header.hash == hash_of(data + sizeof header, size - sizeof header),
          "Serialization assertion failed: the plan is damaged");
  auto plan = std::make_shared<Plan>();
  auto copy = std::make_shared<std::vector<char>>(data, data + size);
  In in{copy->data(), size, sizeof header};
  parts(in, *plan);
  plan->bytes = std::move(copy);
  return plan;
}

}  // namespace standin
