"""Trade on the paper exchange with ccxt: open an account, read the market, buy, place a limit order, cancel it.

.venv/bin/kbots-exchange paper --source synthetic --seed 7        # in one terminal
python3 -m venv /tmp/ccxt && /tmp/ccxt/bin/pip install ccxt       # in another
/tmp/ccxt/bin/python examples/trade_with_ccxt.py
"""

import json
import os
import urllib.request

import ccxt

MARKET = os.environ.get("MARKET", "http://127.0.0.1:9080")
ADMIN = os.environ.get("ADMIN", "http://127.0.0.1:9081")


def open_account(name, **balances):
    """Open an account over the admin port, or find it again; give its key and secret."""
    body = json.dumps({"name": name, "balances": balances}).encode()
    with urllib.request.urlopen(f"{ADMIN}/admin/v1/accounts", data=body) as answer:
        account = json.load(answer)
    return account["apiKey"], account["apiSecret"]


def connect(key, secret):
    """Point ccxt's Binance at the paper exchange; nothing else differs."""
    api = dict.fromkeys(("public", "private"), f"{MARKET}/api/v3")
    api |= {"v1": f"{MARKET}/api/v1", "sapi": f"{MARKET}/sapi/v1"}
    options = {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}}
    return ccxt.binance({"apiKey": key, "secret": secret, "options": options, "urls": {"api": api}})


def main():
    """Trade a little and say what happened."""
    exchange = connect(*open_account("me", USDT="10000"))
    price = exchange.fetch_ticker("BTC/USDT")["last"]
    print("BTC/USDT", price)
    bought = exchange.create_order("BTC/USDT", "market", "buy", 0.01)
    print("bought", bought["filled"], "at", bought["average"], "fee", bought["fees"])
    order = exchange.create_order("BTC/USDT", "limit", "sell", 0.005, round(price * 1.05, 2))
    print("open orders", [one["id"] for one in exchange.fetch_open_orders("BTC/USDT")])
    print("canceled", exchange.cancel_order(order["id"], "BTC/USDT")["status"])
    balance = exchange.fetch_balance()
    print("balance", {asset: balance[asset]["total"] for asset in ("BTC", "USDT")})


if __name__ == "__main__":
    main()
