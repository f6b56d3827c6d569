// Reading JSON: small files that people may have edited, so errors name the line.
#pragma once

#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arhat/json.hpp"

namespace arhat {

class JsonError : public std::runtime_error {
 public:
  JsonError(size_t line, const std::string& what)
      : std::runtime_error("line " + std::to_string(line) + ": " + what) {}
};

struct JsonValue {
  enum class Kind { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  double number = 0;  // also 0 and 1 of a boolean
  std::string text;
  std::vector<JsonValue> items;
  std::vector<std::pair<std::string, JsonValue>> members;  // in the order of the file
  size_t line = 0;

  // nullptr if there is none.
  const JsonValue* find(const std::string& name) const {
    for (const auto& [key, value] : members)
      if (key == name) return &value;
    return nullptr;
  }
  const JsonValue& at(const std::string& name, Kind wanted) const {
    const JsonValue* value = find(name);
    if (value == nullptr) throw JsonError(line, json_text(name) + " is missing");
    if (value->kind != wanted) throw JsonError(value->line, json_text(name) + " has the wrong type");
    return *value;
  }
};

class JsonReader {
 public:
  // The value that a text holds. Throws JsonError.
  static JsonValue read(const std::string& text) {
    JsonReader reader(text);
    JsonValue value = reader.value(0);
    reader.space();
    if (reader.at_ != text.size()) reader.fail("nothing may follow the value");
    return value;
  }

 private:
  explicit JsonReader(const std::string& text) : text_(text) {}

  [[noreturn]] void fail(const std::string& what) const { throw JsonError(line_, what); }

  void space() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return;
    }
  }
  char peek() {
    space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void expect(char c) {
    if (peek() != c) fail(std::string("expected '") + c + "'");
    ++at_;
  }
  bool word(const std::string& word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }

  JsonValue value(int depth) {
    if (depth > 16) fail("too deep");
    const char c = peek();
    JsonValue result;
    result.line = line_;
    if (c == '{') {
      result.kind = JsonValue::Kind::object;
      list('}', [&] {
        if (peek() != '"') fail("expected a name in quotes");
        std::string name = string();
        if (result.find(name) != nullptr) fail(json_text(name) + " stands twice");
        expect(':');
        result.members.emplace_back(std::move(name), value(depth + 1));
      });
    } else if (c == '[') {
      result.kind = JsonValue::Kind::array;
      list(']', [&] { result.items.push_back(value(depth + 1)); });
    } else if (c == '"') {
      result.kind = JsonValue::Kind::text;
      result.text = string();
    } else if (word("true") || word("false")) {
      result.kind = JsonValue::Kind::boolean;
      result.number = c == 't';
    } else if (!word("null")) {
      result.kind = JsonValue::Kind::number;
      result.number = number();
    }
    return result;
  }

  template <class Item>
  void list(char close, Item item) {
    ++at_;
    if (peek() == close) {
      ++at_;
      return;
    }
    while (true) {
      item();
      if (peek() != ',') break;
      ++at_;
    }
    expect(close);
  }

  std::string string() {
    std::string result;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return result;
      }
      if (static_cast<unsigned char>(c) < 32) break;
      result += c == '\\' ? escape() : std::string(1, c);
    }
    fail("the text does not end");
  }

  // The character after a backslash; the position is left at its last byte.
  std::string escape() {
    static const std::string names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
    if (++at_ == text_.size()) fail("the text does not end");
    const size_t simple = names.find(text_[at_]);
    if (simple != std::string::npos) return std::string(1, values[simple]);
    if (text_[at_] != 'u') fail("unknown escape");
    const std::string digits = text_.substr(at_ + 1, 4);
    char* end = nullptr;
    const long code = std::strtol(digits.c_str(), &end, 16);
    if (digits.size() != 4 || end != digits.c_str() + 4 || code < 1 || code > 127)
      fail("only ASCII characters are escaped by number");
    at_ += 4;
    return std::string(1, static_cast<char>(code));
  }

  double number() {
    const size_t end = text_.find_first_not_of("+-.0123456789eE", at_);
    const std::string digits = text_.substr(at_, end == std::string::npos ? end : end - at_);
    char* stop = nullptr;
    const double result = std::strtod(digits.c_str(), &stop);
    if (digits.empty() || *stop != '\0' || !std::isfinite(result)) fail("expected a value");
    at_ += digits.size();
    return result;
  }

  const std::string& text_;
  size_t at_ = 0;
  size_t line_ = 1;
};

}  // namespace arhat
