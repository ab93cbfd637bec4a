"""The departments' incident systems: their channels, column names and formats."""

from dataclasses import dataclass

from simulator.config import Channel


@dataclass(frozen=True)
class System:
    """A department's system: the channels it serves and how it writes their calls."""

    key: str
    channels: tuple[Channel, ...]
    encoding: str
    datum: str
    time_format: str
    headers: dict[str, str]


_POLICE = {
    "record_id": "接警单编号",
    "event_id": "事件编号",
    "revision": "修订号",
    "channel": "报警电话",
    "category": "警情类别",
    "priority": "警情级别",
    "received": "报警时间",
    "answered": "接警时间",
    "notified": "派警时间",
    "enroute": "出警时间",
    "arrived": "到场时间",
    "cleared": "处置完毕时间",
    "closed": "结案时间",
    "unit_id": "出警单元",
    "address": "事发地址",
    "lon": "经度",
    "lat": "纬度",
    "status": "警情状态",
    "repeat": "重复报警",
    "aid": "跨区支援",
}
_FIRE = _POLICE | {
    "record_id": "警情编号",
    "channel": "来源",
    "category": "灾害类型",
    "priority": "火警等级",
    "received": "报警时刻",
    "answered": "接听时刻",
    "notified": "调派时刻",
    "enroute": "出动时刻",
    "arrived": "到场时刻",
    "cleared": "结束时刻",
    "closed": "归队时刻",
    "unit_id": "首到车辆",
    "address": "灾害地点",
    "aid": "增援",
}
_MEDICAL = _POLICE | {
    "record_id": "呼救流水号",
    "channel": "呼叫号码",
    "category": "主诉分类",
    "priority": "病情等级",
    "received": "呼救时间",
    "answered": "摘机时间",
    "notified": "派车时间",
    "enroute": "出车时间",
    "arrived": "到达现场时间",
    "cleared": "送达医院时间",
    "closed": "任务结束时间",
    "unit_id": "车辆编号",
    "address": "呼救地址",
    "status": "任务状态",
    "repeat": "重复呼救",
    "aid": "跨区支援",
}
_SAFETY = _POLICE | {
    "record_id": "举报编号",
    "channel": "举报电话",
    "category": "举报类别",
    "priority": "等级",
    "received": "举报时间",
    "answered": "受理时间",
    "notified": "交办时间",
    "enroute": "出发时间",
    "arrived": "现场核查时间",
    "cleared": "核查完毕时间",
    "closed": "办结时间",
    "unit_id": "核查组",
    "address": "举报地点",
    "status": "办理状态",
    "repeat": "重复举报",
    "aid": "联合检查",
}
ISO, COMPACT, SLASHES = "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S"
SYSTEMS = (
    System("110_122", ("110", "122"), "gb18030", "gcj02", ISO, _POLICE),
    System("119", ("119",), "utf-8", "wgs84", COMPACT, _FIRE),
    System("120", ("120",), "utf-8-sig", "bd09", SLASHES, _MEDICAL),
    System("12350", ("12350",), "utf-8", "gcj02", ISO, _SAFETY),
)
