#include "mock_api/order_book.hpp"

#include <array>
#include <string_view>

namespace pipebench {
namespace {

struct site {
    std::string_view city, street;  ///< in patterns, # is a digit and @ a capital letter
};
struct country {
    std::string_view code, currency, postcode;
    std::array<site, 2> sites;
};

constexpr std::array<country, 24> countries{{
    // Europe, the Middle East and Africa
    {"DE", "EUR", "1####", {{{"Berlin", "Königstraße ##"}, {"Köln", "Am Güterbahnhof #, Tor @"}}}},
    {"FR", "EUR", "7####", {{{"Paris", "## rue de l'Église"}, {"Besançon", "# quai Vauban"}}}},
    {"GB", "GBP", "SW# #@@", {{{"London", "Unit ##, Dock Road"}, {"Stoke-on-Trent", "## Kiln Lane"}}}},
    {"IT", "EUR", "2####", {{{"Milano", "Via Università ##"}, {"Forlì", "Viale dell'Appennino ##"}}}},
    {"ES", "EUR", "2####", {{{"Málaga", "Calle Peñón ##, #º @"}, {"A Coruña", "Rúa Real ##"}}}},
    {"NL", "EUR", "1### @@", {{{"Amsterdam", "Keizersgracht ###"}, {"'s-Hertogenbosch", "Hinthamerstraat ##"}}}},
    {"PL", "PLN", "5#-###", {{{"Wrocław", "ul. Świętej Jadwigi ##"}, {"Łódź", "ul. Piotrkowska ###"}}}},
    {"SE", "SEK", "4## ##", {{{"Göteborg", "Första Långgatan ##"}, {"Malmö", "Södra Förstadsgatan ##"}}}},
    {"CH", "CHF", "8###", {{{"Zürich", "Bahnhofstrasse ##"}, {"Genève", "Rue du Rhône ##"}}}},
    {"ZA", "ZAR", "80##", {{{"Cape Town", "## Long Street"}, {"Gqeberha", "## Govan Mbeki Avenue"}}}},
    {"AE", "AED", "#####", {{{"Dubai", "Jebel Ali Gate ##, \"North\" Yard"}, {"Abu Dhabi", "Mina Road ##"}}}},
    // Asia and the Pacific
    {"JP", "JPY", "1##-####", {{{"東京", "千代田区丸の内#丁目#-##"}, {"Osaka", "#-##-# Umeda, Kita-ku"}}}},
    {"CN", "CNY", "20####", {{{"上海", "浦东新区世纪大道###号"}, {"Shenzhen", "### Shennan Boulevard"}}}},
    {"IN", "INR", "4#####", {{{"Mumbai", "Plot ##, MIDC Road @"}, {"Bengaluru", "##/#, 100 Feet Road"}}}},
    {"AU", "AUD", "2###", {{{"Sydney", "Shop #, ## George Street"}, {"Wagga Wagga", "## Baylis Street"}}}},
    {"SG", "SGD", "6#####", {{{"Singapore", "## Pioneer Road #0#-##"}, {"Singapore", "# Changi North Way"}}}},
    {"KR", "KRW", "0####", {{{"서울", "중구 세종대로 ###"}, {"Busan", "## Haeundae-ro"}}}},
    // The Americas
    {"US", "USD", "9####", {{{"San José", "#### Market Street"}, {"Coeur d'Alene", "### Sherman Ave, Apt #@"}}}},
    {"CA", "CAD", "@#@ #@#", {{{"Montréal", "### rue Saint-Denis"}, {"Medicine Hat", "## Ross Glen Drive SE"}}}},
    {"MX", "MXN", "0####", {{{"México", "Av. Insurgentes ####"}, {"Mérida", "Calle ## x ##, Col. Centro"}}}},
    {"BR", "BRL", "0####-###", {{{"São Paulo", "Rua Consolação ###"}, {"Brasília", "SQN ### Bloco @"}}}},
    {"AR", "ARS", "@####@@@", {{{"Córdoba", "Bv. San Juan ###"}, {"Ushuaia", "Av. Maipú ###"}}}},
    // In no region, to test the table of regions
    {"AQ", "USD", "964##", {{{"McMurdo Station", "Building ###"}, {"Amundsen-Scott", "Pod @#"}}}},
    {"GS", "GBP", "SIQQ 1ZZ", {{{"King Edward Point", "# Shackleton Lane"}, {"Grytviken", "Whaling Jetty #"}}}},
}};

constexpr std::array<std::string_view, 20> first_names{
    "Maria", "Zoë", "Łukasz", "Søren", "José",   "Anna",  "François", "Nguyễn", "Aoife",   "Mehmet",
    "Priya", "Wei", "Olga",   "John",  "Fatima", "Güneş", "Björn",    "Chloé",  "Kwabena", "Jean-Luc"};
constexpr std::array<std::string_view, 20> last_names{
    "O'Neill",    "Müller",   "van der Berg", "García",   "Dvořák",   "Smith-Jones", "Ødegård",
    "Þórsdóttir", "Kowalska", "Σταύρου",      "Okafor",   "Nakamura", "李",          "Silva",
    "McAllister", "Ivanova",  "Côté",         "D'Angelo", "Yılmaz",   "Weiß"};
constexpr std::array<std::string_view, 6> companies{"\"Blue Star\" Freight Ltd", "Müller & Söhne GmbH",
                                                    "ACME Parts / Returns",      "Café Österreich",
                                                    "Back\\Slash Robotics S.A.", "株式会社 ロジテック"};
constexpr std::array<std::string_view, 8> skus{"PAL-#####",  "BOX-#####",  "TUBE-###-@", "ELEC-####@@",
                                               "BOOK-#####", "TOY-####-@", "CHEM-#####", "FRZ-####"};
constexpr std::uint64_t service_levels = 4;

constexpr std::chrono::sys_seconds first_day = std::chrono::sys_days{std::chrono::year{2025} / 7 / 1};
constexpr std::uint64_t seconds_of_a_year = 365 * 86'400;

template <class Table>
const auto& pick(dice& d, const Table& table) {
    return table[d.below(table.size())];
}

void fill_pattern(std::string& out, std::string_view pattern, dice& d) {
    out.clear();
    for (const char c : pattern) {
        if (c == '#') out += static_cast<char>('0' + d.below(10));
        else if (c == '@') out += static_cast<char>('A' + d.below(26));
        else out += c;
    }
}

char to_upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Only ASCII letters change their case: other bytes are parts of UTF-8 sequences.
void append_as_typed(std::string& out, std::string_view name, dice& d) {
    const auto how = d.below(4);  // two in four keep the case
    for (const char c : name) out += how == 0 ? to_upper(c) : how == 1 ? to_lower(c) : c;
}

void fill_customer(std::string& out, dice& d) {
    out.assign(d.below(4) == 0 ? 2 : 0, ' ');
    if (d.below(10) == 0) {
        append_as_typed(out, pick(d, companies), d);
    } else {
        append_as_typed(out, pick(d, first_names), d);
        out.append(d.below(4) == 0 ? 3 : 1, ' ');
        append_as_typed(out, pick(d, last_names), d);
    }
    out.append(d.below(4) == 0 ? 1 : 0, ' ');
}

void fill_line(order_line& line, dice& d) {
    fill_pattern(line.sku, pick(d, skus), d);
    const bool bulk = d.below(20) == 0;
    line.quantity = static_cast<std::int64_t>(1 + d.below(bulk ? 500 : 9));
    line.unit_price_minor = static_cast<std::int64_t>(99 + d.below(d.below(4) == 0 ? 1'000'000 : 20'000));
    line.weight_grams = static_cast<std::int64_t>(20 + d.below(d.below(4) == 0 ? 60'000 : 3'000));
}

}  // namespace

order make_order(order_id id, std::uint64_t seed) {
    order made;
    make_order(made, id, seed);
    return made;
}

void make_order(order& into, order_id id, std::uint64_t seed) {
    dice d(seed, id);
    const country& home = pick(d, countries);
    const site& at = pick(d, home.sites);
    into.id = id;
    fill_customer(into.customer, d);
    fill_pattern(into.street, at.street, d);
    fill_pattern(into.postcode, home.postcode, d);
    into.city = at.city;
    into.country = home.code;
    into.currency = home.currency;
    into.service = static_cast<service_level>(d.below(service_levels));
    into.created_at = first_day + std::chrono::seconds{d.below(seconds_of_a_year)};
    into.lines.resize(1 + d.below(5));
    for (order_line& line : into.lines) fill_line(line, d);
}

}  // namespace pipebench
