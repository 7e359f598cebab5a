-- The few articles the desk marked, found without reading all others.
create index articles_pinned on articles (position desc, id desc) where pinned = 1;
create index articles_urgent on articles (position desc, id desc) where urgent = 1;
