# SPDX-License-Identifier: GPL-2.0-only
import flask
import work

app = flask.Flask(__name__)
app.secret_key = "not a secret"
work.prepare()


@app.route("/")
def index():
    return flask.render_template("index.html", title="Shop", rows=work.orders(), user=flask.session.get("user"))


@app.route("/login", methods=["POST"])
def login():
    flask.session["user"] = flask.request.form["user"]
    return flask.redirect("/")


@app.route("/order", methods=["POST"])
def order():
    work.order(flask.request.form["name"], float(flask.request.form["price"]))
    return flask.jsonify(ok=True)


@app.route("/upload", methods=["POST"])
def upload():
    file = flask.request.files["file"]
    return flask.jsonify(size=work.store(file.filename, file.read()))


@app.route("/rates")
def rates():
    return flask.jsonify(work.rates())


@app.route("/rates2")
def rates_by_requests():
    return flask.jsonify(work.rates_by_requests())


@app.route("/hole/<name>")
def hole(name):
    return work.hole(name, flask.request.args["text"])
