"""Scrapy's settings for every crawl, each with its reason; per-run values (agent, delay, concurrency) come from the configuration."""

BOT_NAME = "tickerwire"  # for Scrapy's own log lines
SPIDER_MODULES = ["crawler.spiders"]  # for Scrapy's own tools, such as `scrapy shell`

# --- what must never be reachable -------------------------------------------------------------------------------
TELNETCONSOLE_ENABLED = False  # a Python prompt on a port
REMOTE_CONTROL_ENABLED = False  # executes posted Python; on by default since Scrapy 2.19
DOWNLOAD_HANDLERS = {"file": None, "data": None, "ftp": None, "s3": None}  # an outlet may name http and https only
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default accepts any certificate
DOWNLOADER_CLIENTCONTEXTFACTORY = "crawler.tls.Policy"  # and Twisted one that names no host

# --- how much one outlet may cost -------------------------------------------------------------------------------
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024  # bytes, before and after decompression; Scrapy's default is 1 GiB
DOWNLOAD_WARNSIZE = 0  # the limit above is the only one, and its own message says so
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 100 << 20  # bytes being read; at Scrapy's 5 MB one large document holds all others up
DOWNLOAD_TIMEOUT = 12  # seconds; Scrapy's default is 180
DOWNLOAD_FAIL_ON_DATALOSS = True  # half a document must not be committed with the validators of the whole
DNS_TIMEOUT = 5  # seconds; Scrapy's default is 60
TWISTED_DNS_RESOLVER = "crawler.names.OneAnswer"  # the address that was checked is the one connected to
REDIRECT_MAX_TIMES = 5  # Scrapy's default is 20
REACTOR_THREADPOOL_MAXSIZE = 200  # DNS lookups at once; one that is never answered outlives DNS_TIMEOUT

# --- manners ----------------------------------------------------------------------------------------------------
ROBOTSTXT_OBEY = True  # enforced by crawler.robots; said here for whoever reads the settings of a run
COOKIES_ENABLED = False  # no state that follows an outlet's reader, or leads from one outlet to another
REFERER_ENABLED = False  # where we came from is nobody's business
RETRY_ENABLED = False  # the next due crawl is the retry: a server in trouble is not asked three times in a row
METAREFRESH_ENABLED = False  # a feed is not a page
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # Scrapy's default is 8; a host's next request waits for the answer to the last
DOWNLOAD_DELAY_JITTER = 0.2  # see crawler.run.spaced: the shortest spacing is still the promised one
DEFAULT_REQUEST_HEADERS = {  # no Accept-Language: an outlet's own choice is the right one
    "Accept": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/html;q=0.8, application/json;q=0.8, */*;q=0.5"
}

# --- only the parts a crawl uses: Scrapy's engine is most of what an unchanged outlet costs -----------------------
# In place of Scrapy's own lists, most of which would be imported only to be switched off: telnet and remote control are not even
# loaded, every status is a recorded outcome, and no Referer, retry, cookie or cache has a part of its own.
DOWNLOADER_MIDDLEWARES_BASE = {
    "crawler.middlewares.OutletMiddleware": 90,
    "crawler.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "crawler.middlewares.Redirects": 600,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
}
SPIDER_MIDDLEWARES_BASE = {"scrapy.spidermiddlewares.start.StartSpiderMiddleware": 25}  # each is asked about every request
EXTENSIONS_BASE = {  # Scrapy's others open ports, or count what nobody reads
    "scrapy.extensions.closespider.CloseSpider": 0,
    "crawler.extensions.Receipts": 2,
}
ITEM_PIPELINES = {"crawler.pipelines.StorePipeline": 100}  # the only place where a crawl writes
CONCURRENT_ITEMS = 1  # a response yields one; Scrapy's 100 tasks for each were a quarter of an unchanged crawl
WARN_ON_GENERATOR_RETURN_VALUE = False  # it parses the callback's source again at every response
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # two outlets may list one URL; the due list is already distinct
TWISTED_REACTOR = "crawler.reactor.Reactor"  # asyncio's, for workers and locks; headers without end are cut off
LOG_LEVEL = "WARNING"  # a line for every request is what the report and the receipts are for
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"  # the report and the receipts count what is of use
