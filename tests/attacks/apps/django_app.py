# SPDX-License-Identifier: GPL-2.0-only
import os

import work
from django.conf import settings

settings.configure(
    SECRET_KEY="not a secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.sessions", "django.contrib.staticfiles"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    STATIC_URL="/static/",
    STATICFILES_DIRS=[os.path.join(work.HERE, "static")],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": work.DATABASE}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [os.path.join(work.HERE, "templates")]}],
)

import django  # noqa: E402

django.setup()

from django.contrib.staticfiles.views import serve  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path, re_path  # noqa: E402

work.prepare()


def index(request):
    with connection.cursor() as cursor:
        cursor.execute("select name, price from orders order by id desc limit 10")
        rows = cursor.fetchall()
    return render(request, "django.html", {"title": "Shop", "rows": rows, "user": request.session.get("user")})


def login(request):
    request.session["user"] = request.POST["user"]
    return HttpResponseRedirect("/")


def order(request):
    work.order(request.POST["name"], float(request.POST["price"]))
    return JsonResponse({"ok": True})


def upload(request):
    file = request.FILES["file"]
    return JsonResponse({"size": work.store(file.name, file.read())})


def rates(request):
    return JsonResponse(work.rates())


def rates_by_requests(request):
    return JsonResponse(work.rates_by_requests())


def hole(request, name):
    return HttpResponse(work.hole(name, request.GET["text"]))


urlpatterns = [path("", index), path("login", login), path("order", order), path("upload", upload),
               path("rates", rates), path("rates2", rates_by_requests), path("hole/<name>", hole),
               re_path("^static/(?P<path>.*)$", serve, {"insecure": True})]
app = get_wsgi_application()
