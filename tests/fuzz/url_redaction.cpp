// Property: neither the printed form of a connection string nor the error about a wrong one contains any part of a
// password, also if its '@' and '/' are not encoded as they should be.
#include "fuzz.hpp"

#include "contracts/error.hpp"
#include "pipeline/endpoint.hpp"
#include "redis/redis_address.hpp"
#include "services/inspect_postgres.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

using namespace pipebench;
using fuzz::require;

namespace {

std::string shown_postgres(const std::string& url) { return printable_postgres(url); }
std::string shown_redis(const std::string& url) { return parse_redis_address(url).printable_form(); }
std::string shown_api(const std::string& url) { return parse_api_endpoint(url).url(); }

std::string encoded(std::string_view secret) {
    std::string out;
    for (const char c : secret) out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    return out;
}
std::string quoted(std::string_view secret) {
    std::string out;
    for (const char c : secret) out += (c == '\'' || c == '\\') ? fmt::format("\\{}", c) : std::string(1, c);
    return out;
}
std::string as_it_is(std::string_view secret) { return std::string(secret); }

struct frame {
    std::string (*show)(const std::string&);
    std::string before;
    std::string (*write)(std::string_view secret);
    std::string after;
};
const std::array frames{
    frame{shown_postgres, "postgresql://me:", encoded, "@db.example:5432/app"},
    frame{shown_postgres, "postgresql://me@db.example/app?password=", encoded, "&connect_timeout=3"},
    frame{shown_postgres, "host=db.example password='", quoted, "' user=me"},
    frame{shown_postgres, "postgresql://me:", as_it_is, "@db.example:5432/app"},
    frame{shown_redis, "redis://me:", encoded, "@cache.example:6379/0"},
    frame{shown_redis, "redis://:", as_it_is, "@cache.example:6379/0"},
    frame{shown_api, "http://me:", encoded, "@api.example:8080/v1"},
    frame{shown_api, "http://me:", as_it_is, "@api.example:8080/v1"},
};

std::string shown(std::string (*show)(const std::string&), const std::string& url) {
    std::string out;
    try {
        out = show(url);
    } catch (const setup_error& e) {
        out = e.what();
    }
    require(!fuzz::has_control(out), "what is shown commands no terminal");
    return out;
}

// In no connection string and no message, so that it only occurs in output with a part of the secret.
constexpr std::string_view mark = "Zq7x";

}  // namespace

// The input serves as a secret, in which the mark replaces a NUL, and as a whole connection string.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::text_of(data, size));
    for (const auto show : {shown_postgres, shown_redis, shown_api}) (void)shown(show, text);
    const auto middle = std::min(text.find('\0'), text.size());
    const auto left = text.substr(0, middle), right = text.substr(std::min(middle + 1, text.size()));
    for (const auto& f : frames) {
        const auto url = f.before + f.write(left + std::string(mark) + right) + f.after;
        require(shown(f.show, url).find(mark) == std::string::npos, "a secret is never shown");
    }
    return 0;
}
